"""Spans, and the trace context that travels with calls and messages (W3C Trace Context, `traceparent`).

Nothing is recorded unless `sightline.chassis.trace_export` sends it somewhere. The context of whoever called goes on
all the same, with calls and messages that follow from theirs, and its trace id stands in the log. Of what else callers
may send beside it (`tracestate`, `baggage`) nothing goes on.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypedDict, Unpack

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from sightline.chassis.errors import SightlineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from opentelemetry.trace import Tracer

__all__ = [
    "ATTRIBUTES",
    "HEADER",
    "NOWHERE",
    "Facts",
    "Span",
    "SpanKind",
    "begin",
    "current",
    "enter",
    "fail",
    "finish",
    "link",
    "note",
    "outgoing",
    "received",
    "recorded_by",
    "spanning",
    "trace_id",
    "within",
]

HEADER = "traceparent"
NOWHERE = trace.INVALID_SPAN
"""No span: as a parent it makes the next one the first of a trace."""


class Facts(TypedDict, total=False):
    """All that a span may say beside its name: ids, numbers and codes. No names, addresses, pictures or templates."""

    source: str
    frame: int
    faces: int
    track: str
    watchlist: str
    alert: str
    subscription: str
    stage: str
    sequence: int
    deliveries: int
    method: str
    request: str
    status: int
    outcome: str


ATTRIBUTES = {
    "method": "rpc.method",
    "status": "http.response.status_code",
    "outcome": "error.type",
    "stage": "messaging.consumer.group.name",
    **{name: f"sightline.{name}" for name in ("source", "frame", "faces", "track", "watchlist", "alert")},
    **{name: f"sightline.{name}" for name in ("subscription", "sequence", "deliveries", "request")},
}
"""What each fact is called outside: by OpenTelemetry's conventions where those have a name for it."""

_FORMAT = TraceContextTextMapPropagator()
_TRACER: ContextVar[Tracer | None] = ContextVar("tracer", default=None)


@contextmanager
def recorded_by(tracer: Tracer) -> Iterator[None]:
    """Spans that begin in the block, and in tasks made in it, are this tracer's."""
    token = _TRACER.set(tracer)
    try:
        yield
    finally:
        _TRACER.reset(token)


def begin(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: Span | None = None,
    start_ns: int | None = None,
    **facts: Unpack[Facts],
) -> Span:
    """A span that has begun, and is to be ended by `finish`.

    Where nothing is recorded it is its parent, so that what follows belongs to the same trace.

    Args:
        name: of which there are few: no ids.
        kind: of work.
        parent: what it is a part of; None: what is current.
        start_ns: when it began, in nanoseconds since 1970; None: now.
        facts: what it says.
    """
    above = current() if parent is None else parent
    tracer = _TRACER.get()
    if tracer is None:
        return above
    within = trace.set_span_in_context(above, Context())
    span = tracer.start_span(name, within, kind, start_time=start_ns, record_exception=False)
    note(span, **facts)
    return span


def note(span: Span, **facts: Unpack[Facts]) -> None:
    """Says more of a span."""
    if span.is_recording():
        for name, value in facts.items():
            span.set_attribute(ATTRIBUTES[name], value)  # type: ignore[arg-type]  # TypedDict's values are objects


def link(span: Span, texts: Iterable[str]) -> None:
    """Says from which other work it comes, too: of each the `traceparent`."""
    for text in texts:
        other = received(text).get_span_context()
        if other.is_valid:
            span.add_link(other)


def fail(span: Span, reason: str) -> None:
    """Says that it went wrong, by the code of what did."""
    note(span, outcome=reason)
    span.set_status(StatusCode.ERROR)


def finish(span: Span, reason: str = "") -> None:
    """Ends a span; with a reason as one that went wrong."""
    if reason:
        fail(span, reason)
    span.end()


@contextmanager
def within(span: Span) -> Iterator[None]:
    """The span is current while the block runs; it does not end there."""
    if not span.get_span_context().is_valid:
        yield
        return
    token = context.attach(trace.set_span_in_context(span))
    try:
        yield
    finally:
        context.detach(token)


def enter(span: Span) -> None:
    """The span is current for the rest of this task."""
    if span.get_span_context().is_valid:
        context.attach(trace.set_span_in_context(span))


@contextmanager
def spanning(name: str, kind: SpanKind = SpanKind.INTERNAL, **facts: Unpack[Facts]) -> Iterator[Span]:
    """A span for the block, a part of what is current; its error's code is the outcome."""
    span = begin(name, kind, **facts)
    reason = ""
    try:
        with within(span):
            yield span
    except SightlineError as error:
        reason = error.reason
        raise
    except Exception as error:
        reason = type(error).__name__
        raise
    finally:
        finish(span, reason)


def current() -> Span:
    """What is done now belongs to it; NOWHERE: to nothing that is known."""
    return trace.get_current_span()


def trace_id() -> str:
    """Of the present trace, 32 hexadecimal digits; empty where there is none."""
    here = current().get_span_context()
    return f"{here.trace_id:032x}" if here.is_valid else ""


def received(text: str | None, *, sampled: bool | None = None) -> Span:
    """What a `traceparent` names; NOWHERE where it is none, or not well-formed.

    Args:
        text: the header's value.
        sampled: whether it is to be recorded, whatever its sender says; None: as it says.
    """
    if not text:
        return NOWHERE
    span = trace.get_current_span(_FORMAT.extract({HEADER: text}, Context()))
    if sampled is None or span is NOWHERE:
        return span
    sent = span.get_span_context()
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if sampled else trace.TraceFlags.DEFAULT)
    return trace.NonRecordingSpan(trace.SpanContext(sent.trace_id, sent.span_id, is_remote=True, trace_flags=flags))


def outgoing(span: Span | None = None) -> dict[str, str]:
    """The header that says where what is sent comes from: the span, else what is current; {} where that is nothing."""
    here = (current() if span is None else span).get_span_context()
    if not here.is_valid:
        return {}
    # Not the library's own, which takes ten times as long, and would add what else a caller sent.
    return {HEADER: f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}"}
