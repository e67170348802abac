"""Spans kept in memory, for tests of what is recorded."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

from sightline.chassis import tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan


@contextmanager
def recorded_spans(ratio: float = 1.0) -> Iterator[Callable[[], Sequence[ReadableSpan]]]:
    """Records what begins in the block; yields a function that gives the spans that have ended, in that order."""
    kept, provider = InMemorySpanExporter(), TracerProvider(ParentBasedTraceIdRatio(ratio), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with tracing.recorded_by(provider.get_tracer("test")):
        yield kept.get_finished_spans
    provider.shutdown()
