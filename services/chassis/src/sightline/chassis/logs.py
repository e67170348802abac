"""One stream of structured log lines: an event name and facts. No pixels, no templates, no names."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

from sightline.chassis import tracing

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

    from sightline.chassis.settings import ServiceSettings


def configure(settings: ServiceSettings) -> None:
    """Sends structlog and the standard library's loggers to stdout, as JSON lines or for a terminal."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = _renderer(settings.log_format)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    # These report what our own retries handle and log already.
    for noisy in ("nats", "grpc", "httpx", "httpcore", "asyncio", "opentelemetry"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.contextvars.bind_contextvars(service=settings.service)


def _add_trace(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The id of the trace that the line belongs to, if there is one."""
    if trace_id := tracing.trace_id():
        event["trace_id"] = trace_id
    return event


def _renderer(log_format: str) -> list[Processor]:
    if log_format == "console":
        return [
            structlog.dev.ConsoleRenderer(
                colors=True, pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
