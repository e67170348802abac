"""An installation that was used, its audit trail sealed, exported and anchored; and `sightline audit` against it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from broker import NatsServer, run_nats_server
from processes import start
from secrets_for_tests import admit_tester, secrets_folder, tester_key
from typer.testing import CliRunner

from sightline.chassis.audit import Audited, Auditor
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.rights import FULL_REACH
from sightline.chassis.principal import Principal, enter
from sightline.chassis.provision import provision
from sightline.chassis.topology import TOPOLOGY
from sightline.cli import audit
from sightline.notify.audit_trail import AuditTrail
from sightline.notify.seal_book import SealBook

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = 12
"""What was done before anybody asked the system: half of it under the first seal, half under the second."""


@dataclass
class Verdict:
    """What the command said."""

    error: str
    lines: list[str]

    @property
    def found(self) -> list[str]:
        """The lines that say what is wrong."""
        return [line for line in self.lines if line.split(":")[0].isupper()]


def run(state: Path, target: str, *words: str) -> Verdict:
    """`sightline audit` with the tester's key, against the notify at that address."""
    app = typer.Typer()
    app.add_typer(audit.app, name="audit")
    environment = {
        "SIGHTLINE_NOTIFY_TARGET": target,
        "SIGHTLINE_API_KEY": tester_key(),
        "SIGHTLINE_STATE_DIR": str(state),
        "COLUMNS": "300",
    }
    result = CliRunner().invoke(app, ["audit", *map(str, words)], env=environment)
    error = result.exception.reason if isinstance(result.exception, FailedPrecondition) else ""
    assert error or result.exit_code == 0, (result.output, result.exception)
    return Verdict(error, result.output.splitlines())


def stop(server: NatsServer) -> None:
    """In order, so that everything is in its files."""
    server.process.send_signal(signal.SIGTERM)
    server.process.wait()
    server.process = None


async def _act(url: str) -> None:
    enter(Principal("somebody"), FULL_REACH)
    async with connect_bus(url, "test") as bus:
        auditor = Auditor(bus, "match")
        for number in range(1, ENTRIES + 1):
            async with auditor.audit(Audited("search.faces", "watchlist", detail=f"search {number}")):
                pass
            if number in {ENTRIES // 2, ENTRIES}:
                await _sealed(bus)


async def _sealed(bus) -> None:
    key = secrets_folder().seal_key().public_key()
    async with asyncio.timeout(60):
        while (await SealBook(bus).place(key)).sealed < await AuditTrail(bus).last():
            await asyncio.sleep(0.1)


async def _prepare(url: str) -> None:
    async with connect_bus(url, "test") as bus:
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)


async def _all_sealed(url: str) -> None:
    async with connect_bus(url, "test") as bus:
        await _sealed(bus)


@dataclass
class Installation:
    """A store whose server has ended, and what was taken from the system while it ran."""

    store: Path
    state: Path
    anchor: Path
    export: Path


@contextmanager
def notify_on(server: NatsServer, state: Path):
    """A notify of that broker."""
    settings = {"SIGHTLINE_NATS_URL": server.url, "SIGHTLINE_STATE_DIR": str(state / "notify")}
    with start("sightline.notify", settings, state / "log") as service:
        service.wait_serving()
        yield service


def use_installation(folder: Path) -> Installation:
    """Makes one in a folder, uses it, and ends everything."""
    state = folder / "state"
    state.mkdir()
    made = Installation(folder / "nats", state, folder / "anchor.jsonl", folder / "trail.jsonl")
    key = ["--key", str(secrets_folder().audit_seal_public)]
    with run_nats_server(made.store) as server:
        asyncio.run(_prepare(server.url))
        with notify_on(server, state) as service:
            asyncio.run(_act(server.url))
            run(state, service.target, "anchor", "--out", made.anchor, *key)
            run(state, service.target, "export", made.export)
            asyncio.run(_all_sealed(server.url))
        stop(server)
    return made
