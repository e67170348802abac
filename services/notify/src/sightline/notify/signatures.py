"""Secrets of webhooks, and what a receiver verifies, by Standard Webhooks (www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC
from typing import TYPE_CHECKING

from standardwebhooks.webhooks import Webhook

from sightline.v1 import delivery_records_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

SECRET_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> delivery_records_pb2.SigningSecret:
    """A secret that goes on until it is replaced."""
    return delivery_records_pb2.SigningSecret(key=secrets.token_bytes(SECRET_BYTES))


def secret_text(secret: delivery_records_pb2.SigningSecret) -> str:
    """As its receiver gets it."""
    return _PREFIX + base64.b64encode(secret.key).decode()


def rotate(destination: delivery_records_pb2.Destination, now: datetime, overlap: timedelta) -> str:
    """Puts a new secret in front; the one before signs for so long beside it. Gives the new one's text."""
    kept = _living(destination.secrets, now)[:1] if overlap else []
    for secret in kept:
        secret.expire_time.FromDatetime(now + overlap)
    made = new_secret()
    del destination.secrets[:]
    destination.secrets.extend([made, *kept])
    return secret_text(made)


def signed_headers(
    webhook_id: str, body: bytes, signing: Iterable[delivery_records_pb2.SigningSecret], now: datetime
) -> dict[str, str]:
    """The three headers; every secret that is not over signs."""
    text = body.decode()
    signatures = [Webhook(secret.key).sign(webhook_id, now, text) for secret in _living(signing, now)]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _living(
    signing: Iterable[delivery_records_pb2.SigningSecret], now: datetime
) -> list[delivery_records_pb2.SigningSecret]:
    return [
        secret for secret in signing if not secret.HasField("expire_time") or secret.expire_time.ToDatetime(UTC) > now
    ]
