"""`sightline up`: a whole system on this machine, in the foreground."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from sightline.chassis.durability import check_version
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.kms import open_kms
from sightline.chassis.pack import load_pack
from sightline.chassis.parties import PARTIES
from sightline.chassis.settings import KmsSettings
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.broker_tls import as_spoken_by
from sightline.cli.installation import Installation
from sightline.cli.installation_certificates import CALLERS
from sightline.cli.local_system import LocalSystem, running_system
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.nats_server import find_nats_server
from sightline.cli.options import (
    CameraNetworkOption,
    DeviceOption,
    PackOption,
    PortBaseOption,
    SecretsOption,
    StateDirOption,
    VideoRootOption,
)
from sightline.cli.ports import HOST, choose_ports, with_coming_embed
from sightline.cli.relay import line_printer, relay
from sightline.cli.supervision import LocalPlan

_NO_GRPC = ("gateway", "provision")
INTERRUPTED = 130
"""Exit code of a command that was to end by itself, and was stopped by a signal."""


class Durability(StrEnum):
    """What the broker promises before it acknowledges."""

    DEV = "dev"
    STRICT = "strict"


def up(
    state_dir: StateDirOption = Path(".sightline"),
    pack: PackOption = None,
    coming_pack: Annotated[
        str | None,
        typer.Option(help="Run a second embed with this pack, for `sightline gallery migrate --to` it."),
    ] = None,
    device: DeviceOption = "cpu",
    port_base: PortBaseOption = None,
    video_root: VideoRootOption = None,
    camera_network: CameraNetworkOption = None,
    secrets_dir: SecretsOption = None,
    durability: Annotated[
        Durability, typer.Option(help="strict: the broker syncs to disk before it acknowledges.")
    ] = Durability.DEV,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Run broker and services here, until Ctrl-C; only this machine can reach them."""
    installation = Installation(state_dir)
    nats_server = find_nats_server()
    if durability is Durability.STRICT:
        check_version(nats_server.release)
    ports = with_coming_embed(choose_ports(port_base)) if coming_pack else choose_ports(port_base)
    plan = LocalPlan(
        installation=installation,
        ports=as_spoken_by(nats_server, ports),
        nats_server=nats_server.path,
        secrets_dir=usable_secrets(secrets_dir or installation.secrets),
        pack=usable_pack(installation, pack or chosen_pack(state_dir) or STARTER),
        device=device,
        durability=durability.value,
        video_roots=video_root or (),
        camera_networks=camera_network or (),
        log_level=log_level,
        coming_pack=usable_pack(installation, coming_pack) if coming_pack else None,
    )
    run_until_signal(_run(plan))


def usable_secrets(folder: Path) -> Path:
    """Give the folder of the secrets once all that every service needs of it has been read.

    Raises:
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, KEY_FILE_MISSING, KEY_FILE_INVALID, what
            a key management service refuses, and as CertificateFolder; Unavailable KMS_UNAVAILABLE.
    """
    secrets = SecretsFolder(folder.resolve(), open_kms(KmsSettings()))
    secrets.callers_key()
    secrets.installation_keys().keys()
    secrets.rotation_keys().keys()
    secrets.cameras_keys().keys()
    secrets.alerts_keys().keys()
    for service in secrets.trusted_services():
        secrets.service_key(service)
    for owner in (*CALLERS, "nats"):
        CertificateFolder(secrets.certificates_of(owner)).current()
    for party in PARTIES:
        secrets.broker_key(party)
    return secrets.path


def usable_pack(installation: Installation, pack: str) -> Path:
    """Give the folder of a pack that is whole, by its path or its name.

    Raises:
        FailedPrecondition: PACK_NOT_FOUND, PACK_INVALID, MODEL_FILE_MISSING or MODEL_HASH_MISMATCH.
    """
    folder = pack_folder(installation, pack)
    load_pack(folder).verify()
    return folder.resolve()


def pack_folder(installation: Installation, pack: str) -> Path:
    """Give the folder that is meant by a path, or by the name of a pack that was pulled."""
    named = installation.packs / pack
    return named if named.is_dir() or "/" not in pack else Path(pack)


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, or until SIGINT or SIGTERM, after which everything is stopped and nothing is left."""

    async def main() -> None:
        task = asyncio.create_task(work)
        loop = asyncio.get_running_loop()
        # Python lets no other thread hear them.
        is_main = threading.current_thread() is threading.main_thread()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if is_main else ():
            loop.add_signal_handler(number, _once(task.cancel))
        await task

    with suppress(asyncio.CancelledError):
        asyncio.run(main())


def _once(cancel: Callable[[], object]) -> Callable[[], None]:
    """Let only the first signal through: a second Ctrl-C must not interrupt the orderly stop."""
    calls = iter([cancel])

    def handle() -> None:
        for call in calls:
            call()

    return handle


async def _run(plan: LocalPlan) -> None:
    print_line = line_printer(Console(), (*plan.processes, "up"))
    logs = {name: plan.installation.log_of(name) for name in plan.processes}
    passing_on = asyncio.create_task(relay(logs, print_line))
    begun = False
    try:
        async with running_system(plan) as system:
            begun = True
            await system.ready(lambda name: print_line("up", f"{name} is ready"))
            print_line("up", _summary(system))
            await system.supervised()
    finally:
        passing_on.cancel()
        await asyncio.gather(passing_on, return_exceptions=True)
        if begun:
            print_line("up", "stopped")


def _summary(system: LocalSystem) -> str:
    services = system.plan.ports.services
    addresses = ", ".join(f"{name} {HOST}:{ports.grpc}" for name, ports in services.items() if name not in _NO_GRPC)
    broker = "" if system.plan.ports.broker_tls else "; the broker is too old for TLS and speaks in plain text"
    web = f"gateway https://{HOST}:{services['gateway'].grpc}"
    return f"ready: {addresses}, {web}; durability {system.plan.durability}{broker}; Ctrl-C stops everything"
