"""ErasureService: protobuf in and out. Receipts name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.principal import current_reach
from sightline.match.receipt_book import ALWAYS
from sightline.v1 import erasure_service_pb2 as pb
from sightline.v1 import erasure_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    from sightline.match.receipt_book import ReceiptBook

_FIRST_PAGE = 2**63 - 1


class ErasureServicer(grpc_pb.ErasureServiceServicer):
    """Serves ErasureService; see the contract."""

    def __init__(self, book: ReceiptBook) -> None:
        self._book = book

    async def GetErasureReceipt(self, request: pb.GetErasureReceiptRequest, _: Any) -> pb.GetErasureReceiptResponse:
        """See the contract."""
        receipt = await self._book.find(request.receipt_id)
        if receipt is None:
            raise self._book.missing(request.receipt_id)
        return pb.GetErasureReceiptResponse(receipt=receipt)

    async def ListErasureReceipts(
        self, request: pb.ListErasureReceiptsRequest, _: Any
    ) -> pb.ListErasureReceiptsResponse:
        """See the contract."""
        await self._book.caught_up()
        size, before = page_size(request.page_size), _place(request.page_token)
        between = _moment(request, "start_time", ALWAYS[0]), _moment(request, "end_time", ALWAYS[1])
        found = self._book.page(current_reach().watchlists, request.watchlist_id, before, size + 1, between)
        token = to_token(str(found[size - 1][0])) if len(found) > size else ""
        return pb.ListErasureReceiptsResponse(receipts=[each for _, each in found[:size]], next_page_token=token)


def _moment(request: pb.ListErasureReceiptsRequest, field: str, absent: float) -> float:
    return getattr(request, field).ToNanoseconds() / 1e9 if request.HasField(field) else absent


def _place(token: str) -> int:
    if not token:
        return _FIRST_PAGE
    try:
        return min(int(from_token(token)), _FIRST_PAGE)
    except ValueError as error:
        raise refused_token() from error
