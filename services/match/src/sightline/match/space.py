"""In which space an index keeps its vectors: as they come, or turned by a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.index import IndexedFace, Probe
    from sightline.match.vectors import Vector


class Space(Protocol):
    """What faces are inside an index, and outside of it."""

    @property
    def id(self) -> str:
        """Its name, which tells nothing of the secret; empty: vectors are kept as they come."""

    def entering(self, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
        """As they are kept inside."""

    def leaving(self, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
        """As they came, the vectors to the rounding of float32, their digests exactly."""

    def vectors(self, kept: dict[str, Vector]) -> dict[str, Vector]:
        """As `leaving`, of vectors alone."""

    def probes(self, probes: Sequence[Probe]) -> list[Probe]:
        """As they are searched for inside."""


class Spaces(Protocol):
    """The spaces in which an index may be."""

    def ids(self) -> Sequence[str]:
        """Their names; whatever is built is built in the first. Raises what is wrong with their secrets."""

    def named(self, space_id: str) -> Space:
        """One of them."""


class Plain:
    """The space of the templates themselves."""

    id = ""

    def entering(self, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
        """See Space."""
        return list(faces)

    def leaving(self, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
        """See Space."""
        return list(faces)

    def vectors(self, kept: dict[str, Vector]) -> dict[str, Vector]:
        """See Space."""
        return kept

    def probes(self, probes: Sequence[Probe]) -> list[Probe]:
        """See Space."""
        return list(probes)


class PlainAlone:
    """Spaces without a secret, for measurements of an engine; match itself is never opened with them."""

    def ids(self) -> Sequence[str]:
        """See Spaces."""
        return [Plain.id]

    def named(self, _space_id: str) -> Space:
        """See Spaces."""
        return Plain()
