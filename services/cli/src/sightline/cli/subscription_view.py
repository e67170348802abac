"""Subscriptions and deliveries, as `sightline subscriptions` prints them."""

from collections.abc import Sequence

import typer

from sightline.chassis.enum_names import enum_word
from sightline.cli.moments import moment
from sightline.cli.output import as_dict, print_json, print_table
from sightline.cli.weekly_hours import schedule_text
from sightline.v1 import alert_service_pb2, gallery_service_pb2
from sightline.v1 import subscription_service_pb2 as pb

_COLUMNS = ("id", "name", "kind", "state", "sends to", "last success (UTC)")
_EMPTY = "there is no subscription; make one with `subscriptions create`"
_DELIVERY_COLUMNS = ("time (UTC)", "outcome", "attempt", "status", "ms", "alert", "revision", "reason")


def show_subscriptions(subscriptions: Sequence[pb.Subscription], *, json: bool) -> None:
    """Print subscriptions, each with how it goes."""
    if json:
        print_json([as_dict(each) for each in subscriptions])
        return
    rows = (
        (
            *(each.id, each.name, kind_word(each.kind), _state(each), _target(each)),
            moment(each.last_success_time, absent="never"),
        )
        for each in subscriptions
    )
    print_table(_COLUMNS, rows, empty=_EMPTY)


def show_subscription(subscription: pb.Subscription, *, json: bool) -> None:
    """Print all that is known of one."""
    if json:
        print_json(as_dict(subscription))
        return
    states = (enum_word(alert_service_pb2.AlertState, state) for state in subscription.states)
    quiet = schedule_text(subscription.quiet_hours) if subscription.HasField("quiet_hours") else "none"
    facts = [
        *(("id", subscription.id), ("name", subscription.name), ("kind", kind_word(subscription.kind))),
        *(("state", _state(subscription)), ("why", subscription.reason.message or "-")),
        ("sends to", _target(subscription)),
        ("watchlists", ", ".join(subscription.watchlist_ids) or "all"),
        ("cameras", ", ".join(subscription.camera_ids) or "all"),
        ("states", ", ".join(states) or "all that its kind gets"),
        ("priority", _priority(subscription)),
        ("quiet hours", quiet),
        ("failing since (UTC)", moment(subscription.failing_since, absent="-")),
        ("last success (UTC)", moment(subscription.last_success_time, absent="never")),
        ("created (UTC)", moment(subscription.create_time, absent="")),
        ("changed (UTC)", moment(subscription.update_time, absent="")),
        ("etag", subscription.etag),
    ]
    print_table(("what", "value"), facts, empty="")


def _priority(subscription: pb.Subscription) -> str:
    if not subscription.min_priority:
        return "all"
    return f"{enum_word(gallery_service_pb2.AlertPriority, subscription.min_priority)} or higher"


def show_secret(secret: str) -> None:
    """Print a signing secret alone to standard output, so that it can be piped; the rest is for people."""
    if secret:
        typer.echo("The receiver verifies with this secret; it is shown once and never again:", err=True)
        typer.echo(secret)


def show_deliveries(deliveries: Sequence[pb.Delivery], *, json: bool) -> None:
    """Print attempts, the newest first."""
    if json:
        print_json([as_dict(each) for each in deliveries])
        return
    rows = (
        (
            *(moment(each.time, absent=""), outcome_word(each), each.attempt, each.http_status or "-"),
            *(f"{each.milliseconds:.0f}", each.alert_id or "a test", each.revision or "-", each.reason.reason or "-"),
        )
        for each in deliveries
    )
    print_table(_DELIVERY_COLUMNS, rows, empty="nothing was sent in the last seven days")


def outcome_word(delivery: pb.Delivery) -> str:
    """Give the outcome in a word or two."""
    return enum_word(pb.DeliveryOutcome, delivery.outcome).replace("_", " ")


def kind_word(kind: pb.SubscriptionKind) -> str:
    """Give the kind in one word."""
    return enum_word(pb.SubscriptionKind, kind)


def _state(subscription: pb.Subscription) -> str:
    word = enum_word(pb.SubscriptionState, subscription.state)
    reason = subscription.reason.reason
    if reason:
        return f"{word} ({reason})"
    return f"{word}, failing" if subscription.HasField("failing_since") else word


def _target(subscription: pb.Subscription) -> str:
    return subscription.webhook.url or f"{subscription.apprise.service} (apprise)"
