"""What a request says of its own signature: in the header `Authorization`, or in the query of a presigned one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.whole_number import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.gateway.rekognition.verifying import RequestHead

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
LONGEST_LIFE = timedelta(days=7)
_MOMENT = "%Y%m%dT%H%M%SZ"
_SCOPE_PARTS = 5
_IN_HEADER = ("Credential", "SignedHeaders", "Signature")
_IN_QUERY = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires")


@dataclass(frozen=True)
class Claim:
    """A signature, and what it is made with.

    Attributes:
        access_key_id: whose.
        date: day of the scope, `20260131`.
        region: of the scope.
        service: of the scope.
        signed_headers: names, in lower case and in order.
        signature: hexadecimal, as it came.
        moment: when it was made, as it came: `20260131T235959Z`.
        time: the same.
        life: how long a presigned request may be used; None: it is signed in its header.
        has_token: whether it comes with a session token.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: str
    time: datetime
    life: timedelta | None = None
    has_token: bool = False

    @property
    def scope(self) -> str:
        """For what it is good, as it is signed."""
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def read_claim(head: RequestHead) -> Claim:
    """Takes a request's signature apart.

    Raises:
        AwsError: MissingAuthenticationTokenException, IncompleteSignatureException.
    """
    query = dict(pairs_of(head.query))
    headers = [value for name, value in head.headers if name == "authorization"]
    if "X-Amz-Algorithm" in query:
        if headers:
            raise _incomplete("The request is signed twice: in its query, and in the header Authorization.")
        return _from_query(query)
    if not headers:
        raise AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    if len(headers) > 1:
        raise _incomplete("The request has more than one header Authorization.")
    return _from_header(headers[0], head)


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Names and values of a query, decoded; a plus sign is one."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in parts]


def _from_query(query: Mapping[str, str]) -> Claim:
    _check_algorithm(query["X-Amz-Algorithm"])
    _check_all(_IN_QUERY, query, "AWS query-string parameters")
    most = round(LONGEST_LIFE.total_seconds())
    seconds = whole_number(query["X-Amz-Expires"], 1, most)
    if seconds is None:
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {most}.")
    return _claim(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        life=timedelta(seconds=seconds),
        has_token="X-Amz-Security-Token" in query,
    )


def _from_header(text: str, head: RequestHead) -> Claim:
    algorithm, _, rest = text.strip().partition(" ")
    _check_algorithm(algorithm)
    said = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in rest.split(","))}
    _check_all(_IN_HEADER, said, "Authorization header")
    dates = [value for name, value in head.headers if name == "x-amz-date"]
    if len(dates) != 1:
        raise _incomplete("Authorization header requires one header 'X-Amz-Date'.")
    return _claim(
        said["Credential"],
        said["SignedHeaders"],
        said["Signature"],
        dates[0].strip(),
        life=None,
        has_token=any(name == "x-amz-security-token" for name, _ in head.headers),
    )


def _claim(
    credential: str, signed: str, signature: str, moment: str, *, life: timedelta | None, has_token: bool
) -> Claim:
    scope = credential.split("/")
    if len(scope) != _SCOPE_PARTS or scope[-1] != TERMINATOR:
        raise _incomplete(f"Credential must be ACCESS_KEY_ID/DATE/REGION/SERVICE/{TERMINATOR}.")
    try:
        time = datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
    except ValueError as error:
        raise _incomplete("X-Amz-Date must be in ISO 8601's basic format, as 20260131T235959Z.") from error
    key_id, date, region, service, _ = scope
    names = tuple(sorted(signed.lower().split(";")))
    return Claim(key_id, date, region, service, names, signature, moment, time, life, has_token)


def _check_algorithm(algorithm: str) -> None:
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': requests must be signed by {ALGORITHM}.")


def _check_all(names: tuple[str, ...], said: Mapping[str, str], where: str) -> None:
    if missing := [name for name in names if not said.get(name)]:
        raise _incomplete(" ".join(f"{where} requires '{name}' parameter." for name in missing))


def _incomplete(message: str) -> AwsError:
    return AwsError("IncompleteSignatureException", message)
