"""`sightline backup` and `sightline restore`: what the broker keeps, copied and brought back."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sightline.chassis.backup_contents import Part
from sightline.chassis.bus import Bus, connect_bus
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.parties import BACKUP, RESTORE
from sightline.cli.authorities import authorities
from sightline.cli.backup.backup import take
from sightline.cli.backup.local_broker import restoring_broker
from sightline.cli.backup.manifest import Manifest, folder_of
from sightline.cli.backup.places import open_place
from sightline.cli.backup.restore import Kept, Restored, bring_back
from sightline.cli.backup.shelf import clear, find, keeping
from sightline.cli.duration import parse_duration
from sightline.cli.installation import Installation
from sightline.cli.options import SecretsOption, StateDirOption
from sightline.cli.ports import choose_ports

Show = Callable[[str, int, int], None]

_STATE_DIR = Path(".sightline")
_MIB = 1024 * 1024

PlaceArgument = Annotated[str, typer.Argument(metavar="PLACE", help="A folder, or s3://bucket/prefix.")]
NatsUrlOption = Annotated[
    str, typer.Option(envvar="SIGHTLINE_NATS_URL", help="The broker. Unset: that of the local system.")
]


def backup(
    place: PlaceArgument,
    keys: Annotated[
        bool, typer.Option("--keys", help="Back up the keys and the latest erasures, and nothing else.")
    ] = False,
    keep: Annotated[
        str, typer.Option(help="Remove older ones from the place, as 14d; of keys 24h at most, which is the default.")
    ] = "",
    nats_url: NatsUrlOption = "",
    secrets_dir: SecretsOption = None,
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Copy what the broker keeps: the gallery, alerts, the audit trail, cameras, rights. Everything goes on meanwhile.

    The keys of enrolled people are not among it: they are a backup of their own (--keys), for another place, which is
    made every hour and removed after a day, so that whoever is erased is erased there, too. The secrets of
    `sightline init` are in neither. See "Backups" in services/README.md for what is readable in it.
    """
    part = Part.KEYS if keys else Part.MAIN
    kept = keeping(part, parse_duration(keep) if keep else None)
    there = open_place(place)
    secrets = SecretsFolder(secrets_dir or Installation(state_dir).secrets)

    async def main() -> tuple[Manifest, list[str]]:
        async with _broker(nats_url, state_dir, secrets, BACKUP) as bus:
            with _progress("copying") as show:
                taken = await take(bus, there, part, show)
        return taken, await clear(there, part, kept, datetime.now(UTC)) if kept else []

    taken, gone = asyncio.run(main())
    seconds = (taken.finished - taken.begun).total_seconds()
    typer.echo(
        f"{folder_of(part, taken.begun)}: {len(taken.files)} files, {taken.size / _MIB:.1f} MiB, {seconds:.1f} s"
    )
    for folder in gone:
        typer.echo(f"removed {folder}")


def restore(
    place: PlaceArgument,
    keys_from: Annotated[str, typer.Option(metavar="PLACE", help="Where the backups of keys are.")],
    name: Annotated[str | None, typer.Option("--backup", help="Its folder; unset: the newest.")] = None,
    keys: Annotated[str | None, typer.Option(help="The keys' folder; unset: the newest.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check every file, and restore nothing.")] = False,
    replicas: Annotated[
        int | None, typer.Option(min=1, max=5, help="Of each stream, where the broker is another. Unset: as before.")
    ] = None,
    nats_url: NatsUrlOption = "",
    secrets_dir: SecretsOption = None,
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Bring a backup back to a broker without streams, with the latest keys: who was erased since stays erased.

    Of the local system nothing may run; it is started afterwards. A broker elsewhere (--nats-url) runs, and nothing
    else of the installation does. The installation's secrets have to be there already. Interrupted, run it again.
    """
    secrets = SecretsFolder(secrets_dir or Installation(state_dir).secrets)

    async def main() -> tuple[Kept, Kept, Restored | None]:
        main_backup = await find(open_place(place), Part.MAIN, name)
        keys_backup = await find(open_place(keys_from), Part.KEYS, keys)
        for each in (main_backup, keys_backup):
            await each.verify()
        if dry_run:
            return main_backup, keys_backup, None
        async with _empty_broker(nats_url, state_dir, secrets) as bus:
            with _progress("restoring") as show:
                done = await bring_back(bus, main_backup, keys_backup, replicas=replicas, show=show)
        return main_backup, keys_backup, done

    _say(*asyncio.run(main()), elsewhere=bool(nats_url))


def _say(main: Kept, keys: Kept, done: Restored | None, *, elsewhere: bool) -> None:
    for kept in (main, keys):
        manifest = kept.manifest
        typer.echo(f"{folder_of(manifest.part, manifest.begun)}: {len(manifest.files)} files, every hash is right")
    if done is None:
        return
    typer.echo(f"restored {done.streams} streams, {done.passed_over} were there; {done.erased_again} erased again")
    typer.echo(f"erasures after {keys.manifest.begun:%Y-%m-%d %H:%M:%S} UTC are in no backup: repeat them")
    if elsewhere:
        typer.echo("next: empty the state of match and notify and the index in Qdrant, and start everything")


@asynccontextmanager
async def _broker(nats_url: str, state_dir: Path, secrets: SecretsFolder, party: str) -> AsyncIterator[Bus]:
    ports = Installation(state_dir).running() or choose_ports(None)
    # A broker that asks nobody, in a test or a demonstration: it says so itself where it does ask.
    key = secrets.broker_key(party) if secrets.path.is_dir() else None
    trusted = authorities(state_dir)
    async with connect_bus(nats_url or ports.nats_url, party, authorities=trusted, key=key) as bus:
        yield bus


@asynccontextmanager
async def _empty_broker(nats_url: str, state_dir: Path, secrets: SecretsFolder) -> AsyncIterator[Bus]:
    """That of --nats-url, or one that runs meanwhile; what a local system made of the streams of before goes."""
    if nats_url:
        async with _broker(nats_url, state_dir, secrets, RESTORE) as bus:
            yield bus
        return
    installation, port = Installation(state_dir), choose_ports(0).nats
    async with restoring_broker(installation, secrets, port) as url:
        for name in ("match", "notify"):
            shutil.rmtree(installation.state / name, ignore_errors=True)
        async with _broker(url, state_dir, secrets, RESTORE) as bus:
            yield bus


@contextmanager
def _progress(what: str) -> Iterator[Show]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)

        def show(stream: str, done: int, total: int) -> None:
            progress.update(task, description=f"{what} {stream}", completed=done, total=total)

        yield show
