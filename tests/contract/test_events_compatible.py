"""Releases side by side: whatever lies on the broker is read by the release before, and what that wrote by this one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from releases import COMING, Release, coming, current, released, variants

from sightline.chassis.topology import TOPOLOGY

README = (Path(__file__).parents[2] / "protos/README.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The table of a section, by its cells."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| `")]


def names(cells: list[str]) -> set[str]:
    """Messages that a cell names, also those that lie sealed in another."""
    return set(re.findall(r"`([A-Z]\w+)`", cells[0]))


EVENTS, RECORDS = rows("Events on NATS"), rows("Records in buckets")
MESSAGES = sorted(set().union(*map(names, EVENTS + RECORDS)))


@cache
def release(which) -> Release:
    """Of that set of contracts."""
    return Release(which())


def told(message) -> dict:
    """What a message says, by names."""
    return MessageToDict(message, preserving_proto_field_name=True, use_integers_for_enums=True)


def within(part, whole) -> bool:
    """Whether all that is said in the one is said in the other."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and within(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return part == whole


def test_the_messages_of_every_stream_are_known():
    """The table of the contracts names them for each stream of the topology; advisories are the broker's own."""
    streams = {stream for cells in EVENTS for stream in re.findall(r"[A-Z]+(?:_[A-Z]+)*", cells[2])}
    assert streams == {stream.name for stream in TOPOLOGY.streams} - {"ADVISORIES"}
    assert len(MESSAGES) > 25
    assert all(release(current).kind(name) for name in MESSAGES)
    assert not within({"a": 1}, {"a": 2})
    assert not within({"a": [1]}, {"b": [1]})


@pytest.mark.parametrize(("producer", "consumer"), [(released, current), (current, released), (coming, current)])
def test_a_release_reads_what_another_wrote(producer, consumer):
    """Each message with every field set: what both know says the same, and the rest outlives being read and sent on."""
    seen = 0
    for name in MESSAGES:
        written, read = release(producer).kind(name), release(consumer).kind(name)
        if written is None or read is None:
            continue
        for message in variants(written):
            body = message.SerializeToString()
            passed_on = read.FromString(body)
            assert within(told(passed_on), told(message)), name
            assert written.FromString(passed_on.SerializeToString()) == message, name
            seen += 1
    assert seen > 25


def test_a_coming_release_says_more():
    """Were it the same, reading it would prove nothing: it has a field in each message that this one does not know."""
    for name in MESSAGES:
        (message, *_) = variants(release(coming).kind(name))
        assert message.coming == COMING
        assert not hasattr(release(current).kind(name)(), "coming")
