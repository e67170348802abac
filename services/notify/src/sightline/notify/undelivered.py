"""The `undelivered` bucket: which revisions of which alerts a subscription has still to be sent, where one has failed.

By it the order of an alert's revisions outlives this process. What goes well at once is not written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nats.js.errors import KeyDeletedError, KeyNotFoundError

from sightline.chassis.bus import broker_errors
from sightline.chassis.topology import UNDELIVERED
from sightline.v1 import delivery_records_pb2 as records

if TYPE_CHECKING:
    from datetime import datetime

    from nats.js.kv import KeyValue

    from sightline.chassis.bus import Bus


class Undelivered:
    """Of one subscription, in memory and in the bucket; written by whoever holds its lease.

    Every method that writes raises Unavailable BROKER_UNAVAILABLE.
    """

    def __init__(self, bus: Bus, bucket: KeyValue, subscription_id: str) -> None:
        self._bus = bus
        self._bucket = bucket
        self._subscription_id = subscription_id
        self._by_alert: dict[str, records.UndeliveredRecord] = {}

    def of(self, alert_id: str) -> records.UndeliveredRecord:
        """What is known of an alert; empty where nothing of it has failed."""
        return self._by_alert.get(alert_id, records.UndeliveredRecord())

    async def load(self, first_sequence: int) -> None:
        """Reads what another holder wrote; what ALERTS has not any more, from before that sequence, is forgotten."""
        self._by_alert = {}
        for alert_id in await undelivered_alerts(self._bus, self._subscription_id):
            with broker_errors():
                try:
                    entry = await self._bucket.get(self._key(alert_id))
                except (KeyNotFoundError, KeyDeletedError):
                    continue
            record = records.UndeliveredRecord.FromString(entry.value or b"")
            if kept := [sequence for sequence in record.sequences if sequence >= first_sequence]:
                record.sequences[:] = kept
                self._by_alert[alert_id] = record
            else:
                await self._forget(alert_id)

    async def failed(self, alert_id: str, sequence: int, now: datetime) -> records.UndeliveredRecord:
        """One more failure of the alert's first; gives what is known by then. It is stored by `wait_until`."""
        record = self._by_alert.setdefault(alert_id, records.UndeliveredRecord())
        _add(record, sequence)
        record.attempts += 1
        if not record.HasField("first_failure_time"):
            record.first_failure_time.FromDatetime(now)
        return record

    async def wait_until(self, alert_id: str, due: datetime) -> None:
        """The alert's first is tried again then."""
        record = self._by_alert[alert_id]
        record.next_attempt_time.FromDatetime(due)
        await self._put(alert_id, record)

    async def hold(self, alert_id: str, sequence: int) -> None:
        """A later revision waits for the first."""
        record = self._by_alert[alert_id]
        if sequence not in record.sequences:
            _add(record, sequence)
            await self._put(alert_id, record)

    async def settle(self, alert_id: str, sequence: int) -> None:
        """That one was delivered or given up; the next is the first, and has not been tried."""
        record = self._by_alert.get(alert_id)
        if record is None or sequence not in record.sequences:
            return
        record.sequences.remove(sequence)
        if not record.sequences:
            await self._forget(alert_id)
            return
        for name in ("attempts", "first_failure_time", "next_attempt_time"):
            record.ClearField(name)
        await self._put(alert_id, record)

    async def _put(self, alert_id: str, record: records.UndeliveredRecord) -> None:
        with broker_errors():
            await self._bucket.put(self._key(alert_id), record.SerializeToString())

    async def _forget(self, alert_id: str) -> None:
        self._by_alert.pop(alert_id, None)
        with broker_errors():
            await self._bus.purge_key(UNDELIVERED, self._key(alert_id))

    def _key(self, alert_id: str) -> str:
        return f"{self._subscription_id}.{alert_id}"


async def undelivered_alerts(bus: Bus, subscription_id: str) -> list[str]:
    """Alerts of which something is to be sent again. Raises Unavailable BROKER_UNAVAILABLE."""
    prefix = f"$KV.{UNDELIVERED}.{subscription_id}."
    with broker_errors():
        info = await bus.js.stream_info(f"KV_{UNDELIVERED}", subjects_filter=f"{prefix}*")
    return [subject.removeprefix(prefix) for subject in info.state.subjects or {}]


async def forget_undelivered(bus: Bus, subscription_id: str) -> None:
    """Nothing of this subscription is to be sent again. Raises Unavailable BROKER_UNAVAILABLE."""
    with broker_errors():
        await bus.purge_key(UNDELIVERED, f"{subscription_id}.*")


def _add(record: records.UndeliveredRecord, sequence: int) -> None:
    record.sequences[:] = sorted({*record.sequences, sequence})
