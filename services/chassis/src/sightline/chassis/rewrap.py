"""Brings every stored data key under the installation's current key; no record is touched.

Each step leaves the owner's key readable: the new wrapping is written beside the old one, and only then the old one is
erased. So it may be interrupted anywhere, and repeating it finishes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from sightline.chassis.installation_key import InstallationKey
    from sightline.chassis.key_file import KeyFile
    from sightline.chassis.wrapped_keys import Revision, WrappedKeys

_AT_ONCE = 64


class Rewrap:
    """One pass over the bucket after another, while other processes go on sealing and opening."""

    def __init__(self, wrapped: WrappedKeys, file: KeyFile) -> None:
        self._wrapped = wrapped
        self._file = file

    async def run(self, progress: Callable[[int, int], None] = lambda *_: None) -> int:
        """Re-wraps what another key than the current one wraps, and returns how many revisions that were.

        Args:
            progress: called with how many revisions were looked at, and how many there are.

        Raises:
            FailedPrecondition: KEYS_NOT_REWRAPPED, some could not be unwrapped or erased; all others were.
            Unavailable: BROKER_UNAVAILABLE; repeat it.
        """
        current, total = self._file.current(), await self._wrapped.count()
        looked_at, changed = 0, 0
        failures: list[BaseException] = []
        async for batch in _batches(self._wrapped.revisions()):
            stale = [each for each in batch if each.is_key and each.wrapped.wrapping_key_id != current.id]
            outcomes = await asyncio.gather(*(self._replace(each, current) for each in stale), return_exceptions=True)
            failures += [outcome for outcome in outcomes if outcome]
            _raise_if_final(failures)
            changed += len(stale)
            looked_at += len(batch)
            progress(looked_at, max(total, looked_at))
        if failures:
            raise FailedPrecondition(
                "KEYS_NOT_REWRAPPED", f"{len(failures)} stored keys could not be re-wrapped. The first: {failures[0]}"
            ) from failures[0]
        return changed

    async def uses(self) -> Counter[str]:
        """How many stored revisions each installation key wraps, by its id; old revisions count as well."""
        return Counter([each.wrapped.wrapping_key_id async for each in self._wrapped.revisions() if each.is_key])

    async def _replace(self, revision: Revision, current: InstallationKey) -> None:
        try:
            written = await self._write(revision, current)
        except FailedPrecondition:
            if not await self._is_replaced(revision):
                raise
        else:
            if not written and not await self._is_replaced(revision):
                # The owner's key was destroyed in the meantime.
                return
        await self._wrapped.erase_revision(revision.sequence)

    async def _write(self, revision: Revision, current: InstallationKey) -> bool:
        """Puts the key in its new wrapping beside the old; False where the old is not what counts any more."""
        owner, old = revision.owner, revision.wrapped
        data_key = self._file.named(old.wrapping_key_id).unwrap(owner, old)
        return await self._wrapped.write(owner, current.rewrap(owner, data_key, old), after=revision.sequence)

    async def _is_replaced(self, revision: Revision) -> bool:
        newest = await self._wrapped.newest(revision.owner)
        return newest is not None and newest.sequence > revision.sequence


def _raise_if_final(failures: list[BaseException]) -> None:
    """Raises what ends the pass; a key that cannot be unwrapped does not."""
    for failure in failures:
        if not isinstance(failure, FailedPrecondition):
            raise failure


async def _batches(revisions: AsyncGenerator[Revision, None]) -> AsyncGenerator[list[Revision], None]:
    batch: list[Revision] = []
    async for revision in revisions:
        batch.append(revision)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
