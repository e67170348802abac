"""Where the settings say that completions of jobs are posted, by the names of topics, and what signs them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.private_file import private_text
from sightline.notify.webhook_url import check_url
from sightline.v1.delivery_records_pb2 import SigningSecret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.notify.webhook_sender import WebhookRules

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
"""As Standard Webhooks has it."""


@dataclass(frozen=True, repr=False)
class CompletionTopics:
    """URLs by name of topic, and the secrets that sign; all of them sign, so that they can be replaced."""

    urls: Mapping[str, str]
    secrets: tuple[SigningSecret, ...] = ()

    def url_of(self, topic_arn: str) -> str | None:
        """Where a topic's messages go; None: nowhere."""
        return self.urls.get(topic_arn.rpartition(":")[2])


def read_topics(urls: Mapping[str, str], secret_file: Path | None, rules: WebhookRules) -> CompletionTopics:
    """What the settings say.

    Raises:
        FailedPrecondition: SNS_SECRET_INVALID, there is no file with a secret, or it is open to others.
        InvalidInput: as `check_url`.
    """
    if not urls:
        return CompletionTopics({})
    if secret_file is None:
        raise FailedPrecondition(
            "SNS_SECRET_INVALID", "SIGHTLINE_SNS_TOPICS needs SIGHTLINE_SNS_SECRET_FILE: nothing leaves unsigned."
        )
    for url in urls.values():
        check_url(url, allow_http=rules.allow_http, declared=rules.networks)
    return CompletionTopics(urls, _secrets(secret_file))


def _secrets(path: Path) -> tuple[SigningSecret, ...]:
    invalid = partial(_invalid, path)
    try:
        lines = private_text(path, invalid).split()
        keys = [base64.b64decode(line.removeprefix(_PREFIX), validate=True) for line in lines]
    except (binascii.Error, UnicodeDecodeError):
        keys = []
    if not keys or not all(line.startswith(_PREFIX) for line in lines) or {*map(len, keys)} - {*_KEY_BYTES}:
        raise invalid(f"must hold secrets, one a line: {_PREFIX} and 24 to 64 bytes in base64") from None
    return tuple(SigningSecret(key=key) for key in keys)


def _invalid(path: Path, what: str) -> FailedPrecondition:
    return FailedPrecondition("SNS_SECRET_INVALID", f"{path}, which SIGHTLINE_SNS_SECRET_FILE names, {what}.")
