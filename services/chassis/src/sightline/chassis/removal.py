"""Deletion of a key that is as it was read: the client's own `delete` has no error for one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nats.js.errors import APIError, KeyWrongLastSequenceError

if TYPE_CHECKING:
    from nats.js.kv import KeyValue

# JetStream's codes: somebody else wrote first (old and new servers).
_WRONG_LAST_SEQUENCE = (10071, 10164)


async def remove(bucket: KeyValue, key: str, revision: int) -> None:
    """Leaves the mark of a deletion; with the revision 0 whatever is there.

    Raises:
        KeyWrongLastSequenceError: it is not as it was at that revision.
    """
    try:
        await bucket.delete(key, last=revision)
    except APIError as error:
        if error.err_code not in _WRONG_LAST_SEQUENCE:
            raise
        raise KeyWrongLastSequenceError(description=error.description) from error
