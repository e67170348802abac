"""Spans, and the trace context that goes on."""

from __future__ import annotations

import pytest
from opentelemetry.trace import StatusCode
from recorded_spans import recorded_spans

from sightline.chassis import tracing
from sightline.chassis.errors import InvalidInput

TRACE = "ab" * 16
SENT = f"00-{TRACE}-abcdabcdabcdabcd-01"


def parent_of(span):
    """The id of a span's parent in hexadecimal digits; empty where it is the first of its trace."""
    return f"{span.parent.span_id:016x}" if span.parent else ""


def test_where_nothing_is_recorded_the_callers_trace_goes_on():
    """What follows from a call has the very context that it came with; what follows from none has none."""
    assert tracing.outgoing() == {}
    span = tracing.begin("call", parent=tracing.received(SENT), source="s")
    with tracing.within(span):
        assert tracing.trace_id() == TRACE
        with tracing.spanning("inside", faces=1):
            assert tracing.outgoing() == {"traceparent": SENT}
    tracing.finish(span, "REASON")
    assert (tracing.outgoing(), tracing.trace_id()) == ({}, "")


@pytest.mark.parametrize(
    "text",
    [None, "", "x", SENT[:-1], f"00-{'0' * 32}-abcdabcdabcdabcd-01", f"00-{TRACE}-{'0' * 16}-01", f"ff{SENT[2:]}"],
)
def test_what_is_no_context_is_none(text):
    """Headers that are not there, not well-formed or all zeros lead nowhere."""
    assert tracing.received(text) is tracing.NOWHERE


def test_spans_are_parts_of_each_other():
    """Each is a part of the one that is current, or of the caller's, and what is sent names the innermost."""
    with recorded_spans() as spans:
        outer = tracing.begin("outer", tracing.SpanKind.SERVER, parent=tracing.received(SENT), frame=7)
        with tracing.within(outer), tracing.spanning("inner"):
            sent = tracing.outgoing()["traceparent"]
        first = tracing.begin("first", parent=tracing.NOWHERE, start_ns=5)
        tracing.finish(first)
        tracing.finish(outer)
    inner, first, outer = spans()
    assert [span.name for span in spans()] == ["inner", "first", "outer"]
    assert parent_of(outer) == SENT.split("-")[2]
    assert parent_of(inner) == f"{outer.context.span_id:016x}" != sent.split("-")[2]
    assert sent.split("-")[1:3] == [TRACE, f"{inner.context.span_id:016x}"]
    assert dict(outer.attributes) == {"sightline.frame": 7}
    assert (parent_of(first), first.start_time) == ("", 5)


def test_an_error_is_its_code_and_nothing_else():
    """Neither what an error says, nor where it came from, is in a span: only its reason, or the name of its class."""
    with recorded_spans() as spans:
        for error in (InvalidInput("NO_FACE", "secret"), KeyError("secret")):
            with pytest.raises(type(error)), tracing.spanning("work"):
                raise error
    assert [span.attributes["error.type"] for span in spans()] == ["NO_FACE", "KeyError"]
    for span in spans():
        assert (span.status.status_code, span.status.description, span.events) == (StatusCode.ERROR, None, ())


def test_a_fact_that_is_not_on_the_list_is_none():
    """Nobody says more of a span by mistake."""
    assert set(tracing.ATTRIBUTES) == set(tracing.Facts.__annotations__)
    with recorded_spans(), tracing.spanning("work") as span, pytest.raises(KeyError):
        tracing.note(span, name="Pat Doe")


def test_what_comes_from_several_is_linked_to_them():
    """A span names the others that it rests on."""
    with recorded_spans() as spans, tracing.spanning("sum") as span:
        tracing.link(span, [SENT, "no context"])
    [summed] = spans()
    assert [f"{link.context.trace_id:032x}" for link in summed.links] == [TRACE]


def test_the_ratio_decides_for_those_who_begin_and_their_caller_for_the_rest():
    """At a ratio of none, what begins here is not recorded but has an id; what a caller records goes on to be."""
    with recorded_spans(ratio=0) as spans:
        with tracing.spanning("own"):
            assert tracing.trace_id()
            assert tracing.outgoing()["traceparent"][-1] in "02"
        tracing.finish(tracing.begin("theirs", parent=tracing.received(SENT)))
        tracing.finish(tracing.begin("not asked for", parent=tracing.received(SENT, sampled=False)))
    assert [span.name for span in spans()] == ["theirs"]
