"""A whole Sightline on this machine: the broker and one process per service, under supervisor."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sightline.chassis.errors import Internal, Unavailable
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.cli.broker_conf import adopt_streams
from sightline.cli.ports import busy
from sightline.cli.private_files import write_private
from sightline.cli.readiness import keeps_ending, wait_ready
from sightline.cli.relay import last_lines
from sightline.cli.supervision import LocalPlan, nats_conf, shared_settings, supervisord_conf

# A quarter of a minute as a rule. On a machine that is busy with much else it was more than a minute and a half; what
# does not come up at all ends again and again, and that is said long before.
READY_SECONDS = 300.0
_STOP_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
_OF_THE_CALLER = {"SIGHTLINE_API_KEY", "SIGHTLINE_API_KEY_FILE"}


class LocalSystem:
    """A system that was started; `supervised` ends when its supervisor does."""

    def __init__(self, plan: LocalPlan, supervisor: asyncio.subprocess.Process) -> None:
        self.plan = plan
        self._supervisor = supervisor

    async def supervised(self) -> None:
        """Wait for the end of the supervisor, which without a stop is a fault.

        Raises:
            Internal: SUPERVISOR_ENDED.
        """
        await self._supervisor.wait()
        log = self.plan.installation.log_of("supervisor")
        raise Internal("SUPERVISOR_ENDED", f"the process supervisor ended; see {log}")

    async def ready(self, on_ready: Callable[[str], None] = lambda _: None) -> None:
        """Wait until every process can work.

        Raises:
            Unavailable: SERVICE_NOT_READY or SERVICE_KEEPS_ENDING.
            Internal: SUPERVISOR_ENDED.
        """
        installation = self.plan.installation

        def last_words(name: str) -> list[str]:
            return last_lines(installation.log_of(name))

        tasks = [
            asyncio.create_task(wait_ready(self.plan.ports.services, READY_SECONDS, last_words, on_ready)),
            asyncio.create_task(keeps_ending(installation.log_of("supervisor"), last_words)),
            asyncio.create_task(self.supervised()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Stop everything, services first, the broker last; return when no process is left."""
        if self._supervisor.returncode is None:
            self._supervisor.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._supervisor.wait(), _STOP_SECONDS)
        except TimeoutError:  # pragma: no cover - supervisor kills after 15 s itself
            self._supervisor.kill()
            await self._supervisor.wait()


@asynccontextmanager
async def running_system(plan: LocalPlan) -> AsyncIterator[LocalSystem]:
    """Start the processes, and stop them when the block is left, however it is left.

    Raises:
        AlreadyExists: ALREADY_RUNNING.
        FailedPrecondition: STATE_DIR_UNUSABLE.
        Unavailable: PORTS_TAKEN.
    """
    installation = plan.installation
    installation.prepare()
    with installation.locked():
        _check_ports(plan)
        system = LocalSystem(plan, await _start_supervisor(plan))
        try:
            installation.announce(plan.ports, SecretsFolder(plan.secrets).authority, plan.pack)
            yield system
        finally:
            installation.withdraw()
            await asyncio.shield(system.stop())


def _check_ports(plan: LocalPlan) -> None:
    names = plan.ports.all()
    if taken := busy(names):
        ports = ", ".join(f"{port} ({names[port]})" for port in taken)
        raise Unavailable(
            "PORTS_TAKEN",
            f"other programs use the ports {ports}; stop them, or take others: `sightline up --port-base 0`, or "
            "`make up PORT_BASE=0`",
        )


async def _start_supervisor(plan: LocalPlan) -> asyncio.subprocess.Process:
    installation = plan.installation
    adopt_streams(installation.state / "jetstream")
    conf = installation.state / "supervisord.conf"
    write_private(conf, supervisord_conf(plan).encode())
    write_private(installation.broker_conf, nats_conf(plan).encode())
    for name in (*plan.processes, "supervisor"):
        installation.log_of(name).unlink(missing_ok=True)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)),
        env={**environment(plan), **shared_settings(plan)},
        stdin=subprocess.DEVNULL,
        # Ctrl-C goes to the whole process group: only we may hear it, and then stop in order.
        start_new_session=True,
        preexec_fn=_die_with_parent() if sys.platform == "linux" else None,
    )


def environment(plan: LocalPlan) -> dict[str, str]:
    """Give our own environment without the key of whoever typed the command: no service has use for it.

    With settings of the plan's, it is also without those that were meant for another system.
    """
    ours = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLER}
    if plan.settings is None:
        return ours
    return {name: value for name, value in ours.items() if not name.startswith("SIGHTLINE_")} | dict(plan.settings)


def _die_with_parent() -> Callable[[], None]:
    """Make the kernel stop the supervisor, and so everything, even when we are killed without a chance."""
    prctl = ctypes.CDLL(None).prctl  # looked up here: after the fork nothing may be loaded any more
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # Killed before the kernel was asked, we are a stranger's child by now, and nobody would ever stop us.
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
