"""HTTP/1.1 with an end to waiting: clients that send no request, or take no answer, hold no connection for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEAD_SECONDS = 20.0
"""In which the head of a request has to be there, from the connection's beginning or from its first byte."""
TAKE_SECONDS = 60.0
"""In which a client has to take TAKE_BYTES of what waits for it, or all of that: it lies in our memory."""
TAKE_BYTES = 256 * 1024


class PatientProtocol(H11Protocol):
    """uvicorn's, which would wait for ever for the rest of a head, of a body that it answered already, or for a reader.

    While a request is being answered, its handler says how long its body may take.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._asking: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """See asyncio."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        _stop(self._asking)
        _stop(self._taking)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        super().data_received(data)
        self._await_request()

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._await_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """See asyncio."""
        _stop(self._taking)
        super().resume_writing()

    def _await_request(self) -> None:
        """A client's time for a request goes on, or begins; it is over while one is answered, and while none is due."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.timeout_keep_alive_task is not None:
            _stop(self._asking)
            self._asking = None
        elif self._asking is None:
            self._asking = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _await_reader(self, waiting: int) -> None:
        self._taking = self.loop.call_later(TAKE_SECONDS, self._look_at_reader, waiting)

    def _look_at_reader(self, waited: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waited - waiting < min(TAKE_BYTES, waited):
            self.transport.abort()
        else:
            self._await_reader(waiting)


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
