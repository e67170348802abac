from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sightline.notify.signatures import new_secret, rotate, secret_text, signed_headers
from sightline.v1.delivery_records_pb2 import Destination

BODY = '{"type":"sightline.test","name":"Zoë"}'.encode()
DAY = timedelta(days=1)


def verified(secret, headers, body=BODY):
    """Whether a receiver with this secret takes it."""
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_what_is_signed_verifies_by_the_standard():
    """With the text of the secret, as its receiver has it; not with another, nor with another body or id."""
    secret, now = new_secret(), datetime.now(UTC)
    headers = signed_headers("id.1", BODY, [secret], now)
    assert verified(secret_text(secret), headers)
    assert not verified(secret_text(new_secret()), headers)
    assert not verified(secret_text(secret), headers, BODY.replace(b"test", b"tent"))
    assert not verified(secret_text(secret), {**headers, "webhook-id": "id.2"})


def test_the_time_is_signed():
    """An old message is no new one; receivers allow five minutes."""
    secret, now = new_secret(), datetime.now(UTC)
    old = signed_headers("id.1", BODY, [secret], now - timedelta(minutes=6))
    assert not verified(secret_text(secret), old)
    assert not verified(secret_text(secret), {**old, "webhook-timestamp": str(int(now.timestamp()))})


@pytest.mark.parametrize(("overlap", "signing"), [(DAY, 2), (timedelta(), 1)])
def test_a_rotation_lets_both_sign_for_a_while(overlap, signing):
    """With an overlap until it is over; without one the old secret signs nothing any more."""
    destination, now = Destination(secrets=[new_secret()]), datetime.now(UTC)
    before = secret_text(destination.secrets[0])
    after = rotate(destination, now, overlap)
    headers = signed_headers("id.1", BODY, destination.secrets, now)
    assert len(headers["webhook-signature"].split(" ")) == signing
    assert verified(after, headers)
    assert verified(before, headers) == (signing == 2)
    later = signed_headers("id.1", BODY, destination.secrets, now + DAY)
    assert len(later["webhook-signature"].split(" ")) == 1


def test_a_second_rotation_keeps_the_newest_two():
    """Whoever rotates twice in an overlap has not three secrets about."""
    destination, now = Destination(secrets=[new_secret()]), datetime.now(UTC)
    first = rotate(destination, now, DAY)
    second = rotate(destination, now, DAY)
    assert [secret_text(secret) for secret in destination.secrets] == [second, first]
