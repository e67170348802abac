"""The broker of a local system that does not run, for as long as a restore takes."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sightline.chassis.errors import Unavailable
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.cli.broker_conf import accounts_conf, public_keys
from sightline.cli.broker_tls import quoted
from sightline.cli.installation import Installation
from sightline.cli.nats_server import find_nats_server
from sightline.cli.ports import HOST
from sightline.cli.private_files import write_private

_START_SECONDS = 20.0
_LOOK_EVERY = 0.1


@asynccontextmanager
async def restoring_broker(installation: Installation, secrets: SecretsFolder, port: int) -> AsyncIterator[str]:
    """Run it on the system's own streams, on loopback, and give its address; it ends with the block.

    Raises:
        AlreadyExists: ALREADY_RUNNING, the system runs.
        FailedPrecondition: STATE_DIR_UNUSABLE, NATS_SERVER_MISSING, and as SecretsFolder.
        Unavailable: BROKER_NOT_STARTED.
    """
    installation.prepare()
    with installation.locked():
        conf, log = installation.state / "nats-restore.conf", installation.log_of("nats-restore")
        write_private(conf, _conf(installation, accounts_conf(public_keys(secrets)), port).encode())
        process = await asyncio.create_subprocess_exec(
            find_nats_server().path, "-c", conf, "-l", log, stdin=subprocess.DEVNULL
        )
        try:
            await _listening(process, port, log)
            yield f"nats://{HOST}:{port}"
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            conf.unlink()


def _conf(installation: Installation, accounts: str, port: int) -> str:
    store = quoted(installation.state / "jetstream")
    return f"""listen: "{HOST}:{port}"
max_payload: 8MB
jetstream {{
  store_dir: {store}
  sync_interval: always
}}
{accounts}"""


async def _listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise Unavailable("BROKER_NOT_STARTED", f"nats-server does not start: see {log}") from None
            await asyncio.sleep(_LOOK_EVERY)
        else:
            writer.close()
            return
