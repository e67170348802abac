"""The connection to NATS: publishing, buckets and object stores."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, NoServersError, SlowConsumerError
from nats.js.errors import APIError, BucketNotFoundError, NotFoundError

from sightline.chassis.broker_client import BrokerClient
from sightline.chassis.denials import Denials
from sightline.chassis.errors import FailedPrecondition, InvalidInput, ResourceExhausted, SightlineError, Unavailable
from sightline.chassis.event_headers import event_headers
from sightline.chassis.objects import PulledObjects
from sightline.chassis.tls.broker_security import BrokerSecurity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from google.protobuf.message import Message
    from nats.js import JetStreamContext
    from nats.js.api import PubAck
    from nats.js.kv import KeyValue
    from prometheus_client import CollectorRegistry

    from sightline.chassis.broker_objects import Consumer

log = structlog.get_logger()

PUBLISH_TIMEOUT = 5.0
CONNECT_TIMEOUT = 2
FIRST_CONNECTION_SECONDS = 4.0
# nats-py drains for up to half a minute; what waits longer waits for a connection that will never say it is closed.
DRAIN_SECONDS = 35.0
CLOSE_SECONDS = 3.0
# JetStream's codes for a stream at its ceiling and for a disk or memory that is full.
_STREAM_FULL = {10077, 10054}
_STORAGE_FULL = {10023, 10028, 10047}
_FULL_PAUSE = 0.05


class Bus:
    """A connection to the broker, and what the services do with it.

    Publishing waits for JetStream's acknowledgement: when it returns, the stream has the message.
    """

    def __init__(self, client: BrokerClient, service: str) -> None:
        self.client = client
        self.js: JetStreamContext = client.jetstream(timeout=PUBLISH_TIMEOUT)
        self._service = service

    async def publish(
        self, subject: str, message: Message, *, dedup_id: str, expected_sequence: int | None = None
    ) -> int:
        """Publishes a protobuf message and returns its sequence in the stream.

        Args:
            subject: from `sightline.chassis.topology`.
            message: the body.
            dedup_id: `Nats-Msg-Id`: a convenience within the stream's window, never the idempotency.
            expected_sequence: the subject's last sequence must be this one (0: there is none yet).

        Raises:
            Unavailable: BROKER_UNAVAILABLE, no acknowledgement; the message may be there all the same.
            ResourceExhausted: STREAM_FULL or BROKER_STORAGE_FULL; nothing was stored.
            FailedPrecondition: WRONG_LAST_SEQUENCE, somebody else wrote first.
            PermissionDenied: BROKER_DENIED, this service may not publish there.
            InvalidInput: MESSAGE_TOO_LARGE.
        """
        return (await self._acknowledged(subject, message, dedup_id, expected_sequence)).seq

    async def publish_new(self, subject: str, message: Message, *, dedup_id: str) -> bool:
        """As `publish`; False where the stream has had a message of that id within its window: this one is dropped."""
        return not (await self._acknowledged(subject, message, dedup_id, None)).duplicate

    async def _acknowledged(self, subject: str, message: Message, dedup_id: str, expected: int | None) -> PubAck:
        headers = event_headers(self._service, subject, message, dedup_id)
        if expected is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(expected)
        try:
            return await self.js.publish(subject, message.SerializeToString(), headers=headers)
        except APIError as error:
            raise _publish_error(subject, error) from error
        except MaxPayloadError as error:
            raise InvalidInput("MESSAGE_TOO_LARGE", f"The broker takes no message so large on {subject}.") from error
        except (NatsError, ConnectionError) as error:  # also that the client's buffer is full while it is away
            unsaid = f"The broker did not acknowledge {subject}: is nats-server up, and provisioned?"
            raise Unavailable("BROKER_UNAVAILABLE", unsaid) from error

    async def publish_waiting(
        self, subject: str, message: Message, *, dedup_id: str, stop: asyncio.Event | None = None
    ) -> int:
        """Publishes, and waits as long as the stream is full: a job's back-pressure. Raises as `publish`.

        Once `stop` is set a full stream is an error again: a service must be able to end after its reader has.
        """
        while True:
            try:
                return await self.publish(subject, message, dedup_id=dedup_id)
            except ResourceExhausted as error:
                if error.reason != "STREAM_FULL" or (stop is not None and stop.is_set()):
                    raise
                await asyncio.sleep(_FULL_PAUSE)

    async def bucket(self, name: str) -> KeyValue:
        """The key-value bucket of that name. Raises FailedPrecondition NOT_PROVISIONED; Unavailable."""
        try:
            with answering():
                return await self.js.key_value(name)
        except BucketNotFoundError as error:
            raise _not_provisioned(f"bucket {name}") from error

    async def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys of a bucket with that beginning (`part.`), in order; of some the value may be gone.

        From the stream beneath it: the client's own list leaves out a key that is written while it is made.
        """
        subjects = f"$KV.{bucket}."
        info = await self.js.stream_info(f"KV_{bucket}", subjects_filter=f"{subjects}{prefix}>")
        return sorted(subject.removeprefix(subjects) for subject in info.state.subjects or {})

    async def purge_key(self, bucket: str, key: str) -> None:
        """Forgets a key of a bucket; a deletion would leave a mark for good."""
        await self.js.purge_stream(f"KV_{bucket}", subject=f"$KV.{bucket}.{key}")

    async def object_store(self, name: str) -> PulledObjects:
        """The object store of that name. Raises as `bucket`."""
        stream = f"OBJ_{name}"
        try:
            with answering():
                await self.js.stream_info(stream)
        except NotFoundError as error:
            raise _not_provisioned(f"object store {name}") from error
        return PulledObjects(self, name, stream)

    async def lag(self, consumer: Consumer) -> int:
        """Messages that the consumer has not finished: waiting and handed out."""
        try:
            info = await self.js.consumer_info(consumer.stream, consumer.name)
        except NotFoundError as error:
            raise _not_provisioned(f"consumer {consumer.name} of {consumer.stream}") from error
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def check(self) -> None:
        """Raises Unavailable unless the broker answers, and PermissionDenied where it keeps denying; for health."""
        if not self.client.is_connected:
            raise Unavailable("BROKER_UNAVAILABLE", "There is no connection to the broker.")
        self.client.denials.check()


@asynccontextmanager
async def connect_bus(
    url: str,
    service: str,
    *,
    authorities: Path | None = None,
    key: Path | None = None,
    registry: CollectorRegistry | None = None,
) -> AsyncIterator[Bus]:
    """Connects to NATS, reconnects for as long as the block runs, and drains at its end.

    Args:
        url: `tls://…`; `nats://…`, without TLS, is for a broker on this machine.
        service: who connects.
        authorities: PEM file of those who vouch for the broker; None: the system's authorities.
        key: the file with the key by which the broker knows it; None: for a broker that asks nobody.
        registry: gets the count of what the broker denied.

    Raises:
        FailedPrecondition: PLAINTEXT_REFUSED, AUTHORITIES_INVALID; BROKER_REFUSED_KEY, the broker does not know the
            key.
        Unavailable: BROKER_UNREACHABLE, nobody answers at that address, or nobody whom we believe.
    """
    security = BrokerSecurity(url, authorities)
    client = BrokerClient(denials := Denials(service, registry))

    async def report(error: Exception) -> None:
        # Later it may be a broker that is about to get its new configuration: then it is tried for ever.
        if "authorization violation" in str(error).lower() and not client.was_connected:
            raise _refused(url, service) from error
        if isinstance(error, SlowConsumerError):
            log.warning("broker_slow_consumer", subject=error.subject)
        elif str(error) and not denials.heard(str(error)):
            log.warning("broker_error", error=type(error).__name__, detail=str(error)[:200])

    try:
        await _connect(client, url, service, key, security, report)
        yield Bus(client, service)
    finally:
        await _leave(client)


async def _connect(
    client: BrokerClient,
    url: str,
    service: str,
    key: Path | None,
    security: BrokerSecurity,
    report: Callable[[Exception], Awaitable[None]],
) -> None:
    async def disconnected() -> None:
        log.warning("broker_disconnected")
        security.renew()

    async def reconnected() -> None:
        log.info("broker_reconnected")

    connecting = client.connect(
        url,
        name=service,
        nkeys_seed=str(key) if key else None,
        connect_timeout=CONNECT_TIMEOUT,
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        allow_reconnect=True,
        error_cb=report,
        disconnected_cb=disconnected,
        reconnected_cb=reconnected,
        **security.options,
    )
    try:
        # The first connection must succeed soon or be reported; later ones are tried for ever.
        await asyncio.wait_for(connecting, timeout=FIRST_CONNECTION_SECONDS)
    except (TimeoutError, OSError, NoServersError) as error:
        await _leave(client)  # an attempt was on its way
        raise Unavailable(
            "BROKER_UNREACHABLE",
            f"No NATS server answers at {url}: start nats-server, or set SIGHTLINE_NATS_URL.{security.doubt}",
        ) from error
    client.was_connected = True


def _refused(url: str, service: str) -> SightlineError:
    return FailedPrecondition(
        "BROKER_REFUSED_KEY",
        f"The NATS server at {url} does not know the key of {service}: give it what `sightline broker config` writes "
        "of the same secrets, and start it again.",
    )


async def _leave(client: BrokerClient) -> None:
    # A broker that is away at this moment leaves nothing to drain.
    with suppress(NatsError, OSError, TimeoutError):
        if client.is_connected:
            async with asyncio.timeout(DRAIN_SECONDS):
                await client.drain()
    with suppress(NatsError, OSError, TimeoutError):
        if not client.is_closed:
            # It waits for ever for the end of a connection whose TLS handshake was cut short.
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()


def _publish_error(subject: str, error: APIError) -> SightlineError:
    if error.err_code == 10071:  # noqa: PLR2004 - JetStream's code for a wrong last sequence
        return FailedPrecondition("WRONG_LAST_SEQUENCE", f"Somebody else wrote {subject} first; read it again.")
    if error.err_code in _STREAM_FULL:
        return ResourceExhausted("STREAM_FULL", f"The stream of {subject} is full: its consumer is behind.")
    if error.err_code in _STORAGE_FULL:
        return ResourceExhausted(
            "BROKER_STORAGE_FULL",
            "JetStream has no room left: free disk space or raise max_file_store. Nothing was stored.",
        )
    return Unavailable("BROKER_REFUSED", f"The broker refused {subject}: {error.description} ({error.err_code}).")


@contextmanager
def answering() -> Iterator[None]:
    """Raises Unavailable BROKER_UNAVAILABLE for what the client raises where the broker does not answer.

    What is not there (NotFoundError) is an answer, and goes through.
    """
    try:
        yield
    except NotFoundError:
        raise
    except (NatsError, TimeoutError, ConnectionError) as error:
        raise Unavailable("BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?") from error


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raises whatever the client raises as Unavailable BROKER_UNAVAILABLE, also where something is not there."""
    try:
        yield
    except (NatsError, TimeoutError, ConnectionError) as error:
        raise Unavailable("BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?") from error


def _not_provisioned(what: str) -> FailedPrecondition:
    return FailedPrecondition(
        "NOT_PROVISIONED",
        f"The {what} is not on the broker: run `sightline provision`, or wait until it has run.",
    )
