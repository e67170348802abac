"""Priorities of alerts, as people say them."""

from enum import StrEnum


class Priority(StrEnum):
    """How soon somebody should look at an alert."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"
