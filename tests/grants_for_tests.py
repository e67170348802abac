"""Grants as tests write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import Grant

if TYPE_CHECKING:
    from collections.abc import Iterable


def grant(role: str, watchlists: Iterable[str] = ("*",), cameras: Iterable[str] = ("*",)) -> Grant:
    """A role by its name, on everything unless told otherwise."""
    return Grant(role=access_pb2.Role.Value(f"ROLE_{role.upper()}"), watchlist_ids=watchlists, camera_ids=cameras)
