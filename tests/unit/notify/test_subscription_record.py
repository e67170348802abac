from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import Conflict, InvalidInput
from sightline.notify.subscription_record import SubscriptionChange, new_record, shown
from sightline.v1 import face_pb2
from sightline.v1 import subscription_service_pb2 as pb
from sightline.v1.delivery_records_pb2 import SealedDestination

URL = "https://example.com/hook?token=of-nobody"


def record(**fields):
    """That of a new subscription by webhook."""
    subscription = pb.Subscription(
        name="hook", kind=pb.SUBSCRIPTION_KIND_EXTERNAL, webhook=pb.Webhook(url=URL), **fields
    )
    return new_record(subscription, "somebody")


def change(etag="", sealed=None, **fields):
    """One that names all of these fields."""
    return SubscriptionChange(pb.Subscription(**fields), FieldMask(paths=list(fields)), etag, sealed)


def test_what_the_server_makes_is_not_read_from_a_caller():
    """Id, state, reason, times and creator are the server's."""
    made = record(
        id="x" * 26,
        state=pb.SUBSCRIPTION_STATE_DISABLED,
        reason=face_pb2.Problem(reason="MINE"),
        creator_id="else",
        etag="mine",
    ).subscription
    assert made.id != "x" * 26
    assert (made.state, made.creator_id, made.etag) == (pb.SUBSCRIPTION_STATE_ACTIVE, "somebody", "")
    assert not made.HasField("reason")
    assert made.HasField("create_time")


def test_a_record_has_no_secret_in_it():
    """Of a webhook's URL what is before the question mark; of apprise's only which service it is."""
    assert b"of-nobody" not in record().SerializeToString()
    apprise = pb.Subscription(name="chat", apprise=pb.Apprise(url="Slack://of-nobody/B/C"))
    made = new_record(apprise, "somebody")
    assert b"of-nobody" not in made.SerializeToString()
    assert made.subscription.apprise.service == "slack"


def test_how_it_goes_does_not_change_the_etag():
    """Who has seen its settings may change them, though deliveries went on meanwhile; a change of them does count."""
    made = record()
    etag = shown(made).etag
    made.subscription.last_success_time.GetCurrentTime()
    made.subscription.failing_since.GetCurrentTime()
    made.subscription.state = pb.SUBSCRIPTION_STATE_DISABLED
    assert shown(made).etag == etag
    change(etag, name="other").apply(made)
    assert shown(made).etag != etag
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        change(etag, name="third").apply(made)


def test_to_name_paused_starts_over():
    """A disabled one that is resumed is active, and has no reason and no failures any more."""
    made = record()
    made.subscription.state = pb.SUBSCRIPTION_STATE_DISABLED
    made.subscription.reason.reason = "WEBHOOK_REFUSED"
    made.subscription.failing_since.GetCurrentTime()
    change(name="other").apply(made)
    assert made.subscription.state == pb.SUBSCRIPTION_STATE_DISABLED
    change(paused=False).apply(made)
    assert made.subscription.state == pb.SUBSCRIPTION_STATE_ACTIVE
    assert not made.subscription.HasField("reason")
    assert not made.subscription.HasField("failing_since")


def test_a_channel_stays_of_its_kind():
    """A webhook becomes no chat; moved, what is sealed goes with it, and nothing secret is shown."""
    made = record()
    with pytest.raises(InvalidInput, match="CHANNEL_DIFFERS"):
        change(apprise=pb.Apprise(url="slack://a/b/c")).apply(made)
    sealed = SealedDestination(nonce=b"1", ciphertext=b"2")
    change(sealed=sealed, webhook=pb.Webhook(url="https://example.org/?of-nobody")).apply(made)
    assert (made.subscription.webhook.url, made.destination) == ("https://example.org/?***", sealed)


@pytest.mark.parametrize("path", ["id", "kind", "state", "reason", "failing_since", "creator_id", "etag"])
def test_what_is_not_a_setting_cannot_be_changed(path):
    """Nor what would break the contract's rules."""
    with pytest.raises(InvalidInput, match="UPDATE_MASK_INVALID"):
        SubscriptionChange(pb.Subscription(), FieldMask(paths=[path])).apply(record())
    with pytest.raises(InvalidInput, match="REQUEST_INVALID"):
        change(name="").apply(record())
