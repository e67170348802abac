"""The GALLERY stream: every enrolment and deletion is a record here first; everything else can be rebuilt from it."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from nats.js.errors import NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.errors import Conflict, FailedPrecondition, NotFound
from sightline.chassis.gallery_subjects import GalleryKind, gallery, gallery_records, known_kind
from sightline.chassis.ids import new_id
from sightline.chassis.owner_key import Sealed
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import GALLERY
from sightline.match.chunks import packed
from sightline.match.own_chunks import OwnChunks
from sightline.match.vaults import vault_for, vault_of
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping, Sequence

    from nats.js.api import RawStreamMsg

    from sightline.chassis.bus import Bus
    from sightline.chassis.keyring import KeyRing
    from sightline.chassis.owner_key import OwnerKey
    from sightline.match.chunks import Draft
    from sightline.match.vectors import Vector

# The reason of a compare-and-set that came too late, here and on the bus.
WRONG_LAST_SEQUENCE = "WRONG_LAST_SEQUENCE"
WATCHLIST_TOKEN, KIND_TOKEN, ID_TOKEN = 2, 3, 4
# Of chunks, which are large: as many as fit into some 30 MB.
READ_AHEAD = 32
_TRIES = 20


class Entry(NamedTuple):
    """One record of the ledger; `record` is None on a tombstone, or where its key was destroyed.

    What a newer release wrote of a kind that is not known here has neither kind nor record. A chunk has no record but
    `contents`: those of its records that are readable and have no later entry of their own in their way. `vector` is a
    face's template, where it is known to be as it should.
    """

    watchlist_id: str
    kind: GalleryKind | None
    id: str
    sequence: int
    record: records_pb2.LedgerRecord | None
    contents: tuple[Entry, ...] = ()
    vector: Vector | None = None


@dataclass(frozen=True)
class Written:
    """Chunks that the stream has: the sequence of the last one, and all of their subjects."""

    sequence: int
    subjects: tuple[str, ...]


class Ledger:
    """Reads and writes sealed records; the last one of each subject counts."""

    def __init__(self, bus: Bus, keys: KeyRing) -> None:
        self._bus = bus
        self._keys = keys
        self._own = OwnChunks()

    async def append(
        self, subject: str, owner: str, record: records_pb2.LedgerRecord, *, expected: int | None = None
    ) -> int:
        """Writes the record, sealed under its owner's key, and returns its sequence once the stream has it.

        Args:
            subject: see `subject_of`.
            owner: whose data key seals it.
            record: what is written.
            expected: the sequence of the subject's last entry (0: there never was one); None: whatever it is.

        Raises:
            FailedPrecondition: WRONG_LAST_SEQUENCE, the subject's last entry is another one.
        """
        return await self._publish(subject, await self._seal(subject, owner, record), expected)

    async def create(self, subject: str, owner: str, record: records_pb2.LedgerRecord) -> int:
        """As `append`, only where the subject has no record or a tombstone.

        Raises:
            FailedPrecondition: WRONG_LAST_SEQUENCE, there is a record.
        """
        last = await self.last(subject)
        if last is not None and last.record is not None:
            raise FailedPrecondition(WRONG_LAST_SEQUENCE, "There is such a record already.")
        return await self.append(subject, owner, record, expected=last.sequence if last else 0)

    async def append_many(
        self, watchlist_id: str, drafts: Sequence[Draft], new_owners: Collection[str] = ()
    ) -> Written:
        """Writes the records in their order, as chunks.

        Args:
            watchlist_id: to which they belong.
            drafts: at least one.
            new_owners: those of the owners who have no data key yet, as far as is known.
        """
        with answering():
            owners = {draft.owner for draft in drafts}
            keys = await self._keys.made(owners, new_owners, within=vault_of(watchlist_id))
        # Faces apart from the rest: only their chunks are written again, see `withdraw`.
        parts = (
            [draft for draft in drafts if draft.kind is not GalleryKind.FACE],
            [draft for draft in drafts if draft.kind is GalleryKind.FACE],
        )
        chunks = [list(packed((draft, _sealed(watchlist_id, draft, keys)) for draft in part)) for part in parts]
        subjects = []
        for part, into in zip(parts, chunks, strict=True):
            left = iter(part)
            for chunk in into:
                subjects.append(subject_of(watchlist_id, GalleryKind.CHUNK, new_id()))
                self._own.put(subjects[-1], chunk.SerializeToString(), list(islice(left, len(chunk.entries))))
                sequence = await self._bus.publish(subjects[-1], chunk, dedup_id=new_id())
        return Written(sequence, tuple(subjects))

    async def withdraw(self, watchlist_id: str, chunk_id: str, face_ids: Collection[str]) -> None:
        """Writes a chunk again without these faces: a face's own tombstone would leave its template in the chunk.

        It comes before the tombstone. As every version is made from the last one by compare-and-set, what is not in
        one is in none after it.

        Raises:
            Conflict: CHUNK_CHANGED, somebody else was faster each time.
        """
        subject = subject_of(watchlist_id, GalleryKind.CHUNK, chunk_id)
        for _ in range(_TRIES):
            message = await self._last_message(subject)
            chunk = records_pb2.LedgerChunk.FromString(message.data or b"") if message else records_pb2.LedgerChunk()
            kept = [entry for entry in chunk.entries if entry.id not in face_ids]
            if message is None or len(kept) == len(chunk.entries):
                return
            try:
                if kept:
                    rest = records_pb2.LedgerChunk(entries=kept)
                    await self._bus.publish(subject, rest, dedup_id=new_id(), expected_sequence=message.seq)
                else:
                    await self.bury(subject, expected=message.seq)
            except FailedPrecondition as error:
                if error.reason != WRONG_LAST_SEQUENCE:
                    raise
            else:
                return
        raise Conflict("CHUNK_CHANGED", "Others keep deleting faces that were imported together: repeat it.")

    async def bury(self, subject: str, *, expected: int | None = None) -> int:
        """Writes a tombstone: what was there is deleted. `expected` as in `append`."""
        tombstone = records_pb2.LedgerEntry()
        tombstone.delete_time.GetCurrentTime()
        return await self._publish(subject, tombstone, expected)

    async def forget(self, watchlist_id: str) -> None:
        """Takes every record of a watchlist from the broker but the watchlist's own, tombstones too.

        For one that is deleted next: its tombstone, for whoever reads the ledger, is that of all that was in it.
        Interrupted, it has to be repeated.
        """
        for kind in GalleryKind:
            if kind is not GalleryKind.WATCHLIST:
                with answering():
                    await self._bus.js.purge_stream(GALLERY, subject=gallery_records(watchlist_id, kind))

    async def last(self, subject: str) -> Entry | None:
        """The record that counts now; None where there never was one. Raises Unavailable BROKER_UNAVAILABLE."""
        message = await self._last_message(subject)
        return await self._opened(subject, message.data or b"", message.seq or 0) if message else None

    async def _last_message(self, subject: str) -> RawStreamMsg | None:
        try:
            with answering():
                return await self._bus.js.get_last_msg(GALLERY, subject)
        except NotFoundError:
            return None

    async def last_sequence(self) -> int:
        """The sequence of the newest record; 0 on an empty ledger."""
        return await last_sequence(self._bus, GALLERY)

    async def entries(self, after: int) -> AsyncGenerator[Entry, None]:
        """Every entry behind that sequence, and then every new one, for good."""
        async with aclosing(tail(self._bus, GALLERY, after=after, batch=READ_AHEAD)) as messages:
            async for message in messages:
                yield await self._opened(message.subject, message.data, message.sequence)

    async def _publish(self, subject: str, entry: records_pb2.LedgerEntry, expected: int | None) -> int:
        return await self._bus.publish(subject, entry, dedup_id=new_id(), expected_sequence=expected)

    async def _seal(self, subject: str, owner: str, record: records_pb2.LedgerRecord) -> records_pb2.LedgerEntry:
        tokens = subject.split(".")
        vault = vault_for(tokens[WATCHLIST_TOKEN], tokens[KIND_TOKEN])
        with answering():
            sealed = await self._keys.seal(owner, record.SerializeToString(), subject.encode(), vault)
        return records_pb2.LedgerEntry(key_id=owner, nonce=sealed.nonce, ciphertext=sealed.ciphertext)

    async def _contents(self, watchlist_id: str, subject: str, data: bytes, sequence: int) -> tuple[Entry, ...]:
        if own := self._own.take(subject, data):
            return tuple(
                Entry(watchlist_id, each.kind, each.id, sequence, each.record, (), each.vector) for each in own
            )
        return tuple(await self._opened_chunk(watchlist_id, data, sequence))

    async def _opened_chunk(self, watchlist_id: str, data: bytes, sequence: int) -> list[Entry]:
        chunk = records_pb2.LedgerChunk.FromString(data)
        with answering():
            keys = await self._keys.held({each.entry.key_id for each in chunk.entries})
        contents = []
        for each in chunk.entries:
            # Without its key it is as good as deleted.
            if (key := keys.get(each.entry.key_id)) and (kind := known_kind(each.kind)):
                subject = subject_of(watchlist_id, kind, each.id)
                record = await self._open_chunked(kind, subject, each.entry, sequence, key)
                if record is not None:
                    contents.append(Entry(watchlist_id, kind, each.id, sequence, record))
        return contents

    async def _open_chunked(
        self, kind: GalleryKind, subject: str, entry: records_pb2.LedgerEntry, sequence: int, key: OwnerKey
    ) -> records_pb2.LedgerRecord | None:
        try:
            plaintext = key.open(Sealed(entry.nonce, entry.ciphertext), subject.encode())
        except FailedPrecondition as error:
            # Whoever was deleted and enrolled again has another key, and what the old one sealed is still here.
            if error.reason == "RECORD_UNREADABLE" and await self._is_over(kind, subject, sequence):
                return None
            raise
        return records_pb2.LedgerRecord.FromString(plaintext)

    async def _is_over(self, kind: GalleryKind, subject: str, sequence: int) -> bool:
        """Whether a record in a chunk of that sequence has a tombstone, or whatever came later, on its own subject."""
        message = await self._last_message(subject)
        # A face is never enrolled again under its id, and a chunk of faces may have been written again meanwhile.
        return message is not None and (kind is GalleryKind.FACE or (message.seq or 0) > sequence)

    async def _opened(self, subject: str, data: bytes, sequence: int) -> Entry:
        tokens = subject.split(".")
        if tokens[KIND_TOKEN] == GalleryKind.CHUNK:
            contents = await self._contents(tokens[WATCHLIST_TOKEN], subject, data, sequence)
            return Entry(tokens[WATCHLIST_TOKEN], GalleryKind.CHUNK, tokens[ID_TOKEN], sequence, None, contents)
        entry, kind = records_pb2.LedgerEntry.FromString(data), known_kind(tokens[KIND_TOKEN])
        deleted = entry.HasField("delete_time")
        if deleted and kind is GalleryKind.PERSON:
            # Another replica may have done it: who comes again gets another key.
            await self._keys.forget(tokens[ID_TOKEN])
        record = None if deleted or kind is None else await self._open(subject, entry)
        return Entry(tokens[WATCHLIST_TOKEN], kind, tokens[ID_TOKEN], sequence, record)

    async def _open(self, subject: str, entry: records_pb2.LedgerEntry) -> records_pb2.LedgerRecord | None:
        try:
            sealed = Sealed(entry.nonce, entry.ciphertext)
            with answering():
                plaintext = await self._keys.open(entry.key_id, sealed, subject.encode())
        except NotFound:
            # Its key was destroyed: as good as a tombstone.
            return None
        return records_pb2.LedgerRecord.FromString(plaintext)


def _sealed(watchlist_id: str, draft: Draft, keys: Mapping[str, OwnerKey]) -> Sealed:
    subject = subject_of(watchlist_id, draft.kind, draft.id)
    return keys[draft.owner].seal(draft.record.SerializeToString(), subject.encode())


def subject_of(watchlist_id: str, kind: GalleryKind, record_id: str) -> str:
    """The subject of a record; see `sightline.chassis.gallery_subjects.gallery`."""
    return gallery(watchlist_id, kind, record_id)
