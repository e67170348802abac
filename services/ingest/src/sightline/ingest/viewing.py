"""How a source is looked at: how often, and what of it is never seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Outline: TypeAlias = tuple[tuple[float, float], ...]
"""Corners of a polygon in ratios of the frame's width and height."""


@dataclass(frozen=True)
class Viewing:
    """What the decoder does with a source."""

    fps: float
    """Frames to sample per second of media time."""
    masks: tuple[Outline, ...] = ()
    """Areas that are painted over."""
    motion_gate: bool = False
    """Whether frames in which nothing moved are passed over."""
    keyframes_only: bool = False
    first: int = 0
    """Sampled frames before that one, which is counted from 0, are passed over; the others keep their places."""
    first_s: float = 0.0
    """Media time of that frame, where `origin_s` is known."""
    origin_s: float | None = None
    """Where media time 0 is on the stream's own clock: then what comes before need not be decoded. None: it must be."""
    udp: bool = False
    """Whether an rtsp source sends its packets by UDP instead of within its connection."""
