"""`sightline subscriptions` and `sightline dlq` against a running notify."""

import asyncio
import json

import pytest
from alerts_for_tests import alert_of
from receiver import receiving
from secrets_for_tests import tester_key
from typer.testing import CliRunner

from sightline.chassis import topology
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.cli.app import build_app
from sightline.notify.outbox import BusAlerts
from sightline.v1 import events_pb2

WIDE = {"COLUMNS": "300"}


@pytest.fixture
def sightline(bus, nats_server, service_process, tmp_path):
    """A function that runs `sightline` and gives what it said; it raises its error."""
    service = service_process(
        "notify",
        nats_url=nats_server.url,
        state_dir=tmp_path / "state",
        webhook_networks='["127.0.0.0/8"]',
        webhook_allow_http="true",
        apprise_services='["json"]',
    )
    service.wait_serving()
    environment = {"SIGHTLINE_NOTIFY_TARGET": service.target, "SIGHTLINE_API_KEY": tester_key(), **WIDE}

    async def run(*arguments):
        result = await asyncio.to_thread(CliRunner().invoke, build_app(), arguments, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


async def test_a_subscription_from_its_making_to_its_end(sightline, receiver, bus, until):
    """Made, tried, told of an alert, looked at, paused, resumed, changed, replayed, its secret rotated, deleted."""
    subscriptions = ("subscriptions",)
    made = await sightline(*subscriptions, "create", "control room", "--webhook", receiver.url, "--state", "raised")
    secret = made.stdout.strip()
    assert secret.startswith("whsec_")
    assert secret not in made.stderr
    assert "delivered in" in (await sightline(*subscriptions, "test", "control room")).stdout
    receiver.taken[0].verify(secret)
    await BusAlerts(bus).publish(alert_of(1))
    await until(lambda: _taken(receiver, 2))
    await until(lambda: _listed(sightline, 2))
    log = (await sightline(*subscriptions, "deliveries", "control room")).stdout
    assert alert_of(1).id in log
    assert "a test" in log
    assert "paused" in (await sightline(*subscriptions, "pause", "control room")).stdout
    assert "active" in (await sightline(*subscriptions, "resume", "control room")).stdout
    quiet = ("--quiet", "daily 22:00-06:00", "--time-zone", "Europe/Berlin", "--clear", "states")
    shown = (await sightline(*subscriptions, "update", "control room", "--name", "hook", *quiet)).stdout
    assert "daily 22:00-06:00 (Europe/Berlin)" in shown
    await sightline(*subscriptions, "update", "hook", "--clear", "quiet_hours")
    await sightline(*subscriptions, "replay", "hook", "--start", "1h")
    await until(lambda: _taken(receiver, 3))
    assert receiver.taken[1].headers["webhook-id"] == receiver.taken[2].headers["webhook-id"]
    rotated = (await sightline(*subscriptions, "rotate-secret", "hook", "--overlap", "0")).stdout.strip()
    assert rotated not in {"", secret}
    [listed] = json.loads((await sightline(*subscriptions, "list", "--json")).stdout)
    assert (listed["name"], listed["state"]) == ("hook", "SUBSCRIPTION_STATE_ACTIVE")
    assert "hook" in (await sightline(*subscriptions, "list")).stdout
    await sightline(*subscriptions, "delete", "hook")
    assert "there is no subscription" in (await sightline(*subscriptions, "list")).stdout
    with pytest.raises(NotFound, match="SUBSCRIPTION_NOT_FOUND"):
        await sightline(*subscriptions, "show", "hook")


async def _taken(receiver, number) -> bool:
    return len(receiver.taken) >= number


async def _listed(sightline, number) -> bool:
    return len(json.loads((await sightline("subscriptions", "deliveries", "control room", "--json")).stdout)) >= number


async def test_what_is_wrong_is_said(sightline, receiver, tmp_path):
    """No channel, a time that is none, a receiver that refuses, an ambiguous name, an apprise URL that is none."""
    with pytest.raises(InvalidInput, match="CHANNEL_NOT_GIVEN"):
        await sightline("subscriptions", "create", "hook")
    for _ in range(2):
        await sightline("subscriptions", "create", "hook", "--webhook", receiver.url)
    with pytest.raises(InvalidInput, match="SUBSCRIPTION_AMBIGUOUS"):
        await sightline("subscriptions", "show", "hook")
    await sightline("subscriptions", "create", "other", "--webhook", receiver.url)
    with pytest.raises(InvalidInput, match="TIME_INVALID"):
        await sightline("subscriptions", "replay", "other", "--start", "yesterday")
    receiver.status(500)
    with pytest.raises(Unavailable, match="WEBHOOK_REFUSED"):
        await sightline("subscriptions", "test", "other")
    with pytest.raises(InvalidInput, match="APPRISE_FILE_UNREADABLE"):
        await sightline("subscriptions", "create", "chat", "--apprise-file", str(tmp_path / "absent"))
    (tmp_path / "url").write_text("slack://a/b/c\n")
    with pytest.raises(InvalidInput, match="APPRISE_SERVICE_REFUSED"):
        await sightline("subscriptions", "create", "chat", "--apprise-file", str(tmp_path / "url"))


async def test_dead_letters_are_looked_at_and_dropped(sightline, bus):
    """Listed, shown, refused a retry with the reason, and dropped."""
    letter = events_pb2.DeadLetter(stage="embed", stream="FACES_LIVE", sequence=7, reason="CRASHED", message="It died.")
    await bus.publish(topology.dead_letters("embed"), letter, dedup_id="one")
    assert "CRASHED" in (await sightline("dlq", "list")).stdout
    assert "there are no dead letters" in (await sightline("dlq", "list", "--stage", "deliveries")).stdout
    assert "It died." in (await sightline("dlq", "show", "1")).stdout
    with pytest.raises(FailedPrecondition, match="PAYLOAD_NOT_KEPT"):
        await sightline("dlq", "retry", "1")
    assert "dropped" in (await sightline("dlq", "drop", "1")).stdout
    assert json.loads((await sightline("dlq", "list", "--json")).stdout) == []
