"""DeadLetterService: protobuf outside; who looks at them is in the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.access import need_together
from sightline.chassis.audit import Audited
from sightline.chassis.identity.rights import EVERYTHING
from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.principal import current_principal, current_reach
from sightline.v1 import access_pb2
from sightline.v1 import dead_letter_service_pb2 as pb
from sightline.v1 import dead_letter_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.notify.dead_letters import DeadLetters, Stored

_LAST = 2**63 - 1


class DeadLetterServicer(grpc_pb.DeadLetterServiceServicer):
    """Serves DeadLetterService; see the contract for each call."""

    def __init__(self, letters: DeadLetters, auditor: Auditor) -> None:
        self._letters = letters
        self._auditor = auditor

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, _: Any) -> pb.ListDeadLettersResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("dead_letters.list", "dead_letter", detail=request.stage)):
            _require_all()
            size = page_size(request.page_size)
            found = await self._letters.page(request.stage, _number(request.page_token), size + 1)
        token = to_token(str(found[size - 1].number)) if len(found) > size else ""
        return pb.ListDeadLettersResponse(letters=map(self._shown, found[:size]), next_page_token=token)

    async def GetDeadLetter(self, request: pb.GetDeadLetterRequest, _: Any) -> pb.GetDeadLetterResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("dead_letters.get", "dead_letter", str(request.number))):
            _require_all()
            return pb.GetDeadLetterResponse(letter=self._shown(await self._letters.get(request.number)))

    async def RetryDeadLetter(self, request: pb.RetryDeadLetterRequest, _: Any) -> pb.RetryDeadLetterResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("dead_letters.retry", "dead_letter", str(request.number))) as audited:
            _require_all()
            audited.detail = _facts(await self._letters.retry(request.number))
        return pb.RetryDeadLetterResponse()

    async def DropDeadLetter(self, request: pb.DropDeadLetterRequest, _: Any) -> pb.DropDeadLetterResponse:
        """See the contract."""
        async with self._auditor.audit(Audited("dead_letters.drop", "dead_letter", str(request.number))) as audited:
            _require_all()
            audited.detail = _facts(await self._letters.drop(request.number))
        return pb.DropDeadLetterResponse()

    def _shown(self, stored: Stored) -> pb.StoredDeadLetter:
        retryable = self._letters.is_retryable(stored.letter)
        return pb.StoredDeadLetter(number=stored.number, letter=stored.letter, retryable=retryable)


def _require_all() -> None:
    """Letters are of every watchlist and camera. Raises PermissionDenied GRANT_TOO_NARROW, but for administrators."""
    if access_pb2.ROLE_ADMIN in current_principal().rights.by_role:
        return
    need_together(EVERYTHING, EVERYTHING, current_reach())


def _number(token: str) -> int:
    if not token:
        return 0
    try:
        return max(0, min(int(from_token(token)), _LAST))
    except ValueError as error:
        raise refused_token() from error


def _facts(stored: Stored) -> str:
    letter = stored.letter
    return f"{letter.stage}, {letter.stream} {letter.sequence}, {letter.reason}"
