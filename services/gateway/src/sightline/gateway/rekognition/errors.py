"""Errors as Rekognition's clients know them: a code, an HTTP status, and whether they try again."""

from __future__ import annotations

from http import HTTPStatus


class AwsError(Exception):
    """What a client gets in place of an answer.

    Args:
        code: `InvalidParameterException` and so on; clients decide by it.
        message: for people.
        status: HTTP; clients repeat calls that ended with 500 and more.
    """

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = int(status)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
