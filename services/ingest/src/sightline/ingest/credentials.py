"""Who a camera lets in: the user and password that it asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Credentials:
    """User and password of one source. They never show: not in a log, an error, an argument list or a URL."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(***)"

    def __bool__(self) -> bool:
        return bool(self.username or self.password)
