"""`sightline alerts` against a running notify."""

import asyncio
import json

import pytest
from secrets_for_tests import tester_key
from typer.testing import CliRunner

from sightline.chassis.ids import derived_id
from sightline.cli import alerts
from sightline.notify.alert_book import open_alert_book
from sightline.v1 import alert_service_pb2 as pb

DOOR, YARD, LIST, STORM = "s" * 26, "t" * 26, "w" * 26, "z" * 26


@pytest.fixture
async def settled(bus):
    """Alerts that people settled: 20 at one camera, one of them confirmed, and one at another."""
    book = await open_alert_book(bus)
    for number in range(21):
        stored = await book.alert(derived_id(str(number)))
        alert = stored.record.alert
        alert.id, alert.watchlist_id, alert.source = stored.key, LIST, YARD if number == 20 else DOOR
        alert.state = pb.ALERT_STATE_DISMISSED if number else pb.ALERT_STATE_CONFIRMED
        alert.history.add(state=alert.state).time.GetCurrentTime()
        alert.sighting.threshold = 0.5
        alert.storm_id = STORM if number < 5 else ""
        alert.create_time.FromSeconds(1_000 + number)
        await book.put_alert(stored)


@pytest.fixture
def sightline(settled, nats_server, service_process, tmp_path):
    """A function that runs `sightline alerts` and gives what it printed."""
    assert settled is None
    service = service_process("notify", nats_url=nats_server.url, state_dir=tmp_path / "state")
    service.wait_serving()
    environment = {"SIGHTLINE_NOTIFY_TARGET": service.target, "SIGHTLINE_API_KEY": tester_key(), "COLUMNS": "300"}

    async def run(*arguments):
        result = await asyncio.to_thread(CliRunner().invoke, alerts.app, arguments, env=environment)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


async def test_rates_are_told_where_there_are_enough(sightline):
    """Nineteen of twenty is a rate with its interval, one of one is too few to tell, and programs get the numbers."""
    head, door, yard, total = [line.split() for line in (await sightline("rates")).splitlines()]
    assert head == ["source", "watchlist", "threshold", "confirmed", "dismissed", "false", "alarms"]
    assert door == [DOOR, LIST, "0.500", "1", "19", "95.0%", "(76.4%", "to", "99.1%)"]
    assert yard == [YARD, LIST, "0.500", "0", "1", "too", "few", "to", "tell"]
    assert total[:3] == ["all", "1", "20"]
    only = json.loads(await sightline("rates", "--source", YARD, "--since", "1h", "--json"))
    assert [(rate["dismissed"], "dismissed_share" in rate) for rate in only["rates"]] == [(1, False)]
    assert "nobody has settled" in await sightline("rates", "--source", "u" * 26)


async def test_a_storm_is_one_line(sightline):
    """With its number of alerts, unless every one is asked for."""
    lines = (await sightline("list")).splitlines()[1:]
    assert [line.rstrip().endswith(f"5 alerts of {STORM}") for line in lines] == [False] * 16 + [True]
    assert len((await sightline("list", "--each")).splitlines()) == 22
    assert len((await sightline("list", "--storm", STORM)).splitlines()) == 6
    assert len(json.loads(await sightline("list", "--json"))) == 21
