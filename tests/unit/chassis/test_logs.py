from __future__ import annotations

import json
import logging
from datetime import datetime

import pytest
import structlog

from sightline.chassis import logs, tracing
from sightline.chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of a service without any of its own."""

    service = "test"


@pytest.fixture(autouse=True)
def put_back():
    """Leaves logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


def fail() -> None:
    """Raises from a frame that holds what must not be printed."""
    template, person = "secret-template", "secret-name"
    raise ZeroDivisionError(len(template + person))


def lines(capsys) -> list[dict]:
    """What was logged, each line a JSON object."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_an_object(capsys):
    """In JSON format every event is one line with its level, time, service and facts."""
    logs.configure(Settings(log_format="json"))
    structlog.get_logger().info("sighting", track="t", similarity=93.5, text="two\nlines")
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["service"]) == ("sighting", "info", "test")
    assert (line["track"], line["similarity"], line["text"]) == ("t", 93.5, "two\nlines")
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None


def test_other_libraries_log_the_same_way(capsys):
    """What is logged through the standard library is a JSON line too; the broker's client does not repeat us."""
    logs.configure(Settings(log_format="json"))
    logging.getLogger("qdrant").warning("slow %s", "segment")
    logging.getLogger("nats").warning("reconnecting")
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["service"]) == ("slow segment", "warning", "test")


def test_lines_name_the_trace_that_they_belong_to(capsys):
    """By its id, our own lines and those of libraries; those that belong to none have none."""
    logs.configure(Settings(log_format="json"))
    caller = tracing.received(f"00-{'ab' * 16}-abcdabcdabcdabcd-01")
    with tracing.within(caller):
        structlog.get_logger().info("ours")
        logging.getLogger("qdrant").warning("theirs")
    structlog.get_logger().info("later")
    assert [line.get("trace_id") for line in lines(capsys)] == ["ab" * 16, "ab" * 16, None]


def test_the_level_is_kept(capsys):
    """Below the level nothing is printed."""
    logs.configure(Settings(log_format="json", log_level="warning"))
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("logger", [structlog.get_logger(), logging.getLogger("library")], ids=["ours", "library"])
def test_a_trace_shows_no_variables(capsys, log_format, logger):
    """An exception is logged with where it happened, never with the values that were in its frames."""
    logs.configure(Settings(log_format=log_format))
    try:
        fail()
    except ZeroDivisionError:
        logger.exception("handler_failed")
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out
    assert "test_logs.py" in out
    assert "secret" not in out
