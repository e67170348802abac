"""The broker over TLS: a real nats-server with the block that we write for it."""

from __future__ import annotations

import asyncio
import gc
import signal

import pytest
from broker import run_nats_server
from broker_release import needs_new_broker
from installation_certificates import new_certificates

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.cli.broker_tls import tls_block


@pytest.fixture
def installation(tmp_path):
    """An authority, and the broker's certificate."""
    made = new_certificates(tmp_path / "installation")
    made.issue("nats")
    return made


@pytest.fixture
def broker(tmp_path, installation):
    """A broker that shows it."""
    with run_nats_server(tmp_path / "nats", security=tls_block(installation.issue("nats"))) as server:
        yield server


def authorities(installation):
    """The file of those who vouch for the broker."""
    return installation.root / "tls" / "ca.crt"


@needs_new_broker
async def test_messages_go_to_whom_our_authority_vouches_for(broker, installation):
    """With the installation's authority there is a connection, and the stream of messages works through it."""
    async with connect_bus(broker.url, "test", authorities=authorities(installation)) as bus:
        heard = await bus.client.subscribe("sightline.test")
        await bus.client.publish("sightline.test", b"x" * 100_000)
        assert len((await heard.next_msg(timeout=60)).data) == 100_000


@needs_new_broker
async def test_nobody_else_is_believed_and_nothing_is_said_in_plain_text(broker, nats_server, installation, tmp_path):
    """Refused are another authority, the system's, a client without TLS, and a broker without it."""
    strangers = new_certificates(tmp_path / "strangers")
    refused = [
        (broker.url, authorities(strangers), r"a certificate that .* vouches for"),
        (broker.url, None, "a certificate that the system vouches for"),
        (broker.url.replace("tls:", "nats:"), None, "start nats-server"),
        (nats_server.url.replace("nats:", "tls:"), authorities(installation), "It has to speak TLS first"),
    ]
    await asyncio.gather(*(unreachable(*each) for each in refused))
    with pytest.raises(FailedPrecondition, match=r"PLAINTEXT_REFUSED: .*192\.0\.2\.1.*tls://"):
        async with connect_bus("nats://192.0.2.1:4222", "test"):
            pass


async def unreachable(url, believed, why):
    """There is no connection, and the error says why."""
    with pytest.raises(Unavailable, match=f"BROKER_UNREACHABLE: .*{why}"):
        async with connect_bus(url, "test", authorities=believed):
            pass


@needs_new_broker
async def test_another_certificate_and_authority_are_taken_up(broker, installation, tmp_path):
    """The broker takes a new certificate up on SIGHUP; who was connected stays, and believes a new authority later."""
    file = tmp_path / "ca.crt"
    file.write_bytes(authorities(installation).read_bytes())
    async with connect_bus(broker.url, "test", authorities=file) as bus:
        newer = new_certificates(tmp_path / "newer")
        installation.authority = newer.authority
        installation.issue("nats")
        file.write_bytes(newer.authority.certificates)
        broker.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            while not await connects(broker, authorities(newer)):
                await asyncio.sleep(0.1)
        await bus.client.flush()
        broker.kill()
        await connected(bus, yes=False)
        broker.start()
        await connected(bus)
        await bus.client.flush()


async def connects(broker, believed) -> bool:
    """Whether whoever believes these authorities gets a connection."""
    try:
        async with connect_bus(broker.url, "test", authorities=believed):
            return True
    except Unavailable:
        return False


async def connected(bus, *, yes=True) -> None:
    """Waits until the connection is there, or is gone."""
    async with asyncio.timeout(60):
        while bus.client.is_connected is not yes:
            await asyncio.sleep(0.02)


@needs_new_broker
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what nats-py leaves half made
async def test_a_connection_is_left_while_the_broker_comes_back_in_silence(broker, installation):
    """Whoever ends amid a handshake that nobody answers ends all the same, soon."""
    accepted, silent = asyncio.Event(), []

    async def answer_nothing(*streams):
        silent.append(streams)
        accepted.set()

    async with asyncio.timeout(60), connect_bus(broker.url, "test", authorities=authorities(installation)):
        broker.kill()
        server = await asyncio.start_server(answer_nothing, "127.0.0.1", broker.port)
        await accepted.wait()
    server.close()
    for _, writer in silent:
        writer.close()
        await writer.wait_closed()
    assert silent
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)
    gc.collect()
