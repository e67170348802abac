"""`sightline keyring`: rotates the keys of persons, cameras' passwords, alerts, access keys, and of the index."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from sightline.chassis.bus import PUBLISH_TIMEOUT, connect_bus
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.kms import open_kms
from sightline.chassis.parties import OPERATOR
from sightline.chassis.process_guard import forbid_core_dumps, hide_memory
from sightline.chassis.rewrap import Rewrap
from sightline.chassis.settings import KmsSettings
from sightline.chassis.topology import AWS_KEYS, CAMERA_KEYS, KEYS, NOTIFY_KEYS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.cli.authorities import authorities
from sightline.cli.client import ask
from sightline.cli.index_rotation import IndexRotation
from sightline.cli.installation import Installation
from sightline.cli.key_lines import KeyLines
from sightline.cli.options import StateDirOption
from sightline.cli.output import print_table
from sightline.cli.ports import choose_ports

T = TypeVar("T")

_STATE_DIR = Path(".sightline")
# By then every service has finished what it was writing when the file changed under it.
_PAUSE_SECONDS = PUBLISH_TIMEOUT + 1.0

FileArgument = Annotated[
    Path,
    typer.Argument(
        help="A key file of the secrets: installation.key, rotation.key, cameras.key, alerts.key or aws.key."
    ),
]
NatsUrlOption = Annotated[
    str, typer.Option(envvar="SIGHTLINE_NATS_URL", help="The broker. Unset: that of the local system.")
]
PauseOption = Annotated[
    float, typer.Option(min=0, help="Seconds that services get to finish what they began with the old key.")
]

app = typer.Typer(
    help="Rotate, wrap and count the keys in the secrets' key files.\n\n"
    "Of the installation, the index, cameras' passwords, alerts' receivers and AWS's access keys. For rotation.key "
    "match makes the index again, and the command needs an API key of an operator's. Where services have copies of the "
    "file, as in Kubernetes, go step by step: add, give all of them the new file, rewrap, retire, give them the file "
    "again.",
    no_args_is_help=True,
)


@app.callback()
def _guard() -> None:
    forbid_core_dumps()
    hide_memory()


@app.command()
def rotate(
    file: FileArgument,
    nats_url: NatsUrlOption = "",
    state_dir: StateDirOption = _STATE_DIR,
    pause: PauseOption = _PAUSE_SECONDS,
) -> None:
    """Add a key, re-wrap everything with it and take the old one away. Interrupted, run it again.

    Of rotation.key: make the index again under the new key, while searches go on and find the same.

    For systems whose services all read this very file; they go on meanwhile.
    """
    lines = _lines_of(file)
    with lines.locked():
        if len(lines.file.keys()) == 1:
            _check_belongs(lines, _with_keys(nats_url, state_dir, lines, _uses))
            typer.echo(f"added the key {lines.add()}")
        _with_keys(nats_url, state_dir, lines, lambda keys: _rewrapped_twice(keys, pause))
        _retire(lines, nats_url, state_dir)


@app.command()
def add(file: FileArgument) -> None:
    """Put a new key in front of the others. Whatever reads the file wraps with it from then on."""
    lines = _lines_of(file)
    with lines.locked():
        if len(lines.file.keys()) > 1:
            raise FailedPrecondition(
                "ROTATION_UNFINISHED", f"{file} has several keys; finish with `sightline keyring rewrap` and `retire`"
            )
        typer.echo(f"added the key {lines.add()}")
    typer.echo("next: give every service the new file; each logs `installation_keys` with this id when it has it")


@app.command()
def rewrap(file: FileArgument, nats_url: NatsUrlOption = "", state_dir: StateDirOption = _STATE_DIR) -> None:
    """Re-wrap everything with the first key of the file, which every service must have by now."""
    lines = _lines_of(file)
    with lines.locked():
        _with_keys(nats_url, state_dir, lines, _rewrapped)


@app.command()
def retire(file: FileArgument, nats_url: NatsUrlOption = "", state_dir: StateDirOption = _STATE_DIR) -> None:
    """Take all keys but the first out of the file, once nothing needs them."""
    lines = _lines_of(file)
    with lines.locked():
        _retire(lines, nats_url, state_dir)


@app.command()
def wrap(file: FileArgument) -> None:
    """Have the key management service of SIGHTLINE_KMS_URL wrap the keys of the file, anew where it has already.

    The keys stay the same: services read them as before, once they have the service's settings.
    """
    lines = _lines_of(file)
    with lines.locked():
        typer.echo(f"{lines.wrap()} keys of {file} are wrapped; copies of the file from before have them as they are")


@app.command()
def unwrap(file: FileArgument) -> None:
    """Write the keys of the file as they are, so that no key management service is needed to read them."""
    lines = _lines_of(file)
    with lines.locked():
        typer.echo(f"{lines.unwrap()} keys of {file} are not wrapped any more: whoever has the file has the keys")


@app.command()
def status(file: FileArgument, nats_url: NatsUrlOption = "", state_dir: StateDirOption = _STATE_DIR) -> None:
    """Show the keys of the file, and how many stored keys each of them wraps."""
    lines = _lines_of(file)
    installed = lines.file.keys()
    ids = [key.id for key in installed]
    uses = _with_keys(nats_url, state_dir, lines, _uses)
    roles = {key_id: "wraps" if key_id == ids[0] else "unwraps only" for key_id in ids}
    roles |= {key_id: "NOT IN THE FILE" for key_id in uses if key_id not in roles}
    rows = [(key_id, role, uses[key_id]) for key_id, role in roles.items()]
    print_table(["KEY", "ROLE", "WRAPPED"], rows, empty="no keys")


async def _uses(keys: Rewrap | IndexRotation) -> Counter[str]:
    return await keys.uses()


def _lines_of(file: Path) -> KeyLines:
    return KeyLines(file, open_kms(KmsSettings()))


def _retire(lines: KeyLines, nats_url: str, state_dir: Path) -> None:
    current = lines.file.current().id
    uses = _with_keys(nats_url, state_dir, lines, _uses)
    _check_belongs(lines, uses)
    del uses[current]
    if uses:
        raise FailedPrecondition(
            "KEYS_STILL_WRAPPED",
            f"{uses.total()} stored keys need another key than {current} ({', '.join(uses)}); run `sightline keyring "
            "rewrap`",
        )
    for key_id in lines.retire():
        typer.echo(
            f"retired the key {key_id}: destroy its copies, but those that go with backups of the broker from before"
        )


def _check_belongs(lines: KeyLines, uses: Mapping[str, int]) -> None:
    """Refuse where file and broker are of two installations: the keys of the right broker would be lost."""
    installed = lines.file.keys()
    # Every installation has stored keys from the first start of match on; of others from the first secret on.
    if not uses.keys() & {key.id for key in installed}:
        raise FailedPrecondition(
            "KEYS_OF_ANOTHER",
            "nothing on this broker is wrapped, and no index turned, by a key of the file; name the broker of the "
            "installation with SIGHTLINE_NATS_URL, its match with SIGHTLINE_MATCH_TARGET, or the right file. Before "
            "the first secret under it (a camera's password, a receiver, an access key) there is nothing to rotate",
        )


async def _rewrapped_twice(keys: Rewrap | IndexRotation, pause: float) -> None:
    await _rewrapped(keys)
    await asyncio.sleep(pause)
    # A service that had read the file before it changed may have wrapped with the old key in the meantime.
    await _rewrapped(keys)


async def _rewrapped(keys: Rewrap | IndexRotation) -> None:
    with _progress() as show:
        changed = await keys.run(show)
    typer.echo(
        f"turned {changed} faces anew" if isinstance(keys, IndexRotation) else f"re-wrapped {changed} stored keys"
    )


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("re-wrapping", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _bucket_of(file: Path) -> str:
    """Give the bucket of the keys that the file's keys wrap; a file under another name is taken for the installation's.

    Of a wrong guess nothing comes but an error: nothing in the other bucket is wrapped by a key of the file.
    """
    folder = SecretsFolder(file.parent)
    buckets = {
        folder.cameras_key.name: CAMERA_KEYS,
        folder.alerts_key.name: NOTIFY_KEYS,
        folder.aws_key.name: AWS_KEYS,
    }
    return buckets.get(file.name, KEYS)


def _with_keys(
    nats_url: str, state_dir: Path, lines: KeyLines, work: Callable[[Rewrap | IndexRotation], Awaitable[T]]
) -> T:
    if lines.file.path.name == SecretsFolder(lines.file.path.parent).rotation_key.name:
        return ask(state_dir, "index", lambda index: work(IndexRotation(index, lines.file)))
    ports = Installation(state_dir).running() or choose_ports(None)

    secrets = SecretsFolder(lines.file.path.parent)
    # A file that lies elsewhere: a broker that asks who we are says so.
    key = secrets.broker_key(OPERATOR) if secrets.broker_key_file(OPERATOR).exists() else None

    async def main() -> T:
        url = nats_url or ports.nats_url
        async with connect_bus(url, OPERATOR, authorities=authorities(state_dir), key=key) as bus:
            return await work(Rewrap(WrappedKeys(bus, _bucket_of(lines.file.path)), lines.file))

    return asyncio.run(main())
