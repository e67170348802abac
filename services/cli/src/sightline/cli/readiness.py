"""Waits until every process of a local system says that it can work."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sightline.chassis.errors import Unavailable
from sightline.cli.ports import HOST, ServicePorts

_POLL_SECONDS = 0.2
_OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    # By itself gRPC tries a port at which nobody listens yet less and less often: after a minute, twice in another.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 500),
)
# At the start a process may end because what it needs is not there yet; so often it is not that.
_ENDS = 5
_ENDED = re.compile(r"exited: (\w+) \(.*not expected\)")


async def wait_ready(
    services: dict[str, ServicePorts],
    seconds: float,
    last_words: Callable[[str], Iterable[str]],
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Return when the gRPC health of every service says SERVING.

    Args:
        services: name and ports of each.
        seconds: how long all of them may take together.
        last_words: gives the last lines that a process printed.
        on_ready: is told each name as it becomes ready.

    Raises:
        Unavailable: SERVICE_NOT_READY, naming the services and showing their last words.
    """
    waiting = set(services)

    async def one(name: str) -> None:
        await _serving(f"{HOST}:{services[name].health}")
        waiting.discard(name)
        on_ready(name)

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for name in services:
                group.create_task(one(name))
    except TimeoutError as error:
        words = "\n".join(f"  {name}: {line}" for name in sorted(waiting) for line in last_words(name))
        raise Unavailable(
            "SERVICE_NOT_READY",
            f"{', '.join(sorted(waiting))} did not become ready within {seconds:.0f} s; "
            f"run `sightline doctor`. The last lines of the log:\n{words}",
        ) from error


async def keeps_ending(supervisor_log: Path, last_words: Callable[[str], Iterable[str]]) -> None:
    """Watch what supervisor reports, until a process has ended again and again.

    Raises:
        Unavailable: SERVICE_KEEPS_ENDING, naming the process and showing its last words.
    """
    while True:
        await asyncio.sleep(_POLL_SECONDS * 5)
        for name, count in _ends(supervisor_log).items():
            if count >= _ENDS:
                words = "\n".join(f"  {name}: {line}" for line in last_words(name))
                raise Unavailable("SERVICE_KEEPS_ENDING", f"{name} ended {count} times. Its last lines:\n{words}")


def _ends(supervisor_log: Path) -> Counter[str]:
    return Counter(_ENDED.findall(supervisor_log.read_text(errors="replace") if supervisor_log.exists() else ""))


async def _serving(address: str) -> None:
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while not await _says_serving(stub):  # noqa: ASYNC110 - another process is polled
            await asyncio.sleep(_POLL_SECONDS)


async def _says_serving(stub: health_pb2_grpc.HealthStub) -> bool:
    check = stub.Check  # type: ignore[attr-defined]  # the stubs leave out what __init__ sets
    try:
        answer = await check(health_pb2.HealthCheckRequest(), timeout=2)
    except grpc.RpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
