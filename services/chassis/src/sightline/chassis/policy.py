"""A policy: how long things are kept, how alerts are reviewed, and what a search has to say. Data, not code."""

import re
import tomllib
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from sightline.chassis.errors import FailedPrecondition

log = structlog.get_logger()

DEFAULT_POLICY = "default"
NOTICE = "An engineering reading of law, not legal advice."
STREAMS_KEEP = timedelta(days=31)
"""The broker drops messages of sightings and alerts, and pictures, by itself when they are this old."""
AUDIT_KEEPS = timedelta(days=3 * 365)

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_SPAN = re.compile(r"([1-9][0-9]{0,5})([dhm])")
_NAME = re.compile(r"[a-z0-9-]+")


def _span(text: object) -> timedelta:
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        message = "write it as 31d, 24h or 30m"
        raise ValueError(message)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def span_text(span: timedelta) -> str:
    """The span as policies have it."""
    minutes = span // timedelta(minutes=1)
    for unit, length in (("d", 1440), ("h", 60)):
        if minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"


Span = Annotated[timedelta, BeforeValidator(_span), PlainSerializer(span_text)]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Retention(_Part):
    """How long what is kept."""

    alerts: Annotated[Span, Field(le=STREAMS_KEEP)]
    """Alerts, with their pictures and the sightings that led to them."""
    watchlists: Span | None = None
    """The longest that a watchlist may have left; None: as long as it likes."""
    persons: Span | None = None
    """The same of a person; nobody outlives their watchlist."""
    audit: Annotated[Span, Field(le=AUDIT_KEEPS)]
    """The least that the audit trail has to be kept."""


class Review(_Part):
    """How alerts are decided."""

    policy: Literal["none", "one", "two"]
    """Of a watchlist that does not say how many people look."""
    disagreement: Literal["third", "expire"]
    requester_may_review: bool
    expire_after: Span


class Enrolments(_Part):
    """Who agrees before anybody is looked for."""

    approval: Literal["none", "one"]
    """How many people other than the requester, for each enrolment of faces."""
    watchlist_approval: Literal["none", "one"]
    """The same for each watchlist."""
    decide_within: Annotated[Span, Field(le=STREAMS_KEEP)]
    """What nobody has decided by then is erased."""
    reasons_required: bool
    """Whether an enrolment needs a purpose, and a watchlist a legal basis."""


class Searches(_Part):
    """What a search has to say."""

    purpose_required: Literal[True]
    """No policy lets anybody search without one."""
    case_reference_required: bool
    per_person_and_day: Annotated[int, Field(ge=1)] | None = None
    """Probes that one person may have searched for in a day; None: as many as they like."""


class Policy(_Part):
    """One policy; see `load_policy`."""

    title: Sentence
    basis: Sentence
    """What it was read from, in one sentence."""
    retention: Retention
    review: Review
    enrolments: Enrolments
    searches: Searches
    not_enforced: Annotated[tuple[Sentence, ...], Field(strict=False)] = ()
    """What it asks for and the system does not do yet."""


def policy_names() -> list[str]:
    """Names of the policies that come with the system."""
    return sorted(file.name.removesuffix(".toml") for file in _carried().iterdir() if file.name.endswith(".toml"))


def load_policy(name_or_path: str) -> Policy:
    """Reads a policy that comes with the system, by name, or a file of one's own.

    Raises:
        FailedPrecondition: POLICY_NOT_FOUND, or POLICY_INVALID with the file and the key.
    """
    named = _NAME.fullmatch(name_or_path)
    file = _carried() / f"{name_or_path}.toml" if named else Path(name_or_path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        return Policy.model_validate(content)
    except OSError as error:
        known = ", ".join(policy_names())
        message = f"There is no policy {name_or_path}: set SIGHTLINE_POLICY to one of {known}, or to a readable file."
        raise FailedPrecondition("POLICY_NOT_FOUND", message) from error
    except ValidationError as error:
        raise _invalid(name_or_path, _first(error)) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise _invalid(name_or_path, str(error)) from error


def policy_in_force(name_or_path: str) -> Policy:
    """Reads the policy of a service, and says in its log which one it is. Raises as `load_policy`."""
    policy = load_policy(name_or_path)
    log.info("policy", policy=name_or_path, title=policy.title, notice=NOTICE)
    return policy


def _carried() -> Any:
    return resources.files("sightline.chassis") / "policies"


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"])) or "policy"
    said = "no such key" if problem["type"] == "extra_forbidden" else problem["msg"]
    return f"{where}: {said}"


def _invalid(name: str, what: str) -> FailedPrecondition:
    message = f"Policy {name}: {what}; correct the file, `sightline policy show {name}` checks it."
    return FailedPrecondition("POLICY_INVALID", message)
