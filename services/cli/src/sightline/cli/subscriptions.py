"""`sightline subscriptions`: who is told of alerts."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import InvalidInput, NotFound, Unavailable
from sightline.chassis.ids import is_id
from sightline.cli.client import CALL_SECONDS, ask, every_page, watchlist_id
from sightline.cli.duration import parse_duration
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json
from sightline.cli.subscription_options import (
    AppriseFileOption,
    CameraOption,
    Kind,
    PriorityOption,
    QuietOption,
    StateOption,
    TimeZoneOption,
    WatchlistOption,
    WebhookOption,
    channel_fields,
    filter_fields,
    parse_moment,
)
from sightline.cli.subscription_view import (
    outcome_word,
    show_deliveries,
    show_secret,
    show_subscription,
    show_subscriptions,
)
from sightline.v1 import subscription_service_pb2 as pb

T = TypeVar("T")

_STATE_DIR = Path(".sightline")
SubscriptionArgument = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Id or name.")]

app = typer.Typer(help="Subscriptions: webhooks, e-mail and chat that are told of alerts.", no_args_is_help=True)


@app.command()
def create(
    name: str,
    webhook: WebhookOption = None,
    apprise_file: AppriseFileOption = None,
    kind: Annotated[
        Kind, typer.Option(help="external: confirmed alerts, and those that need no review; review: every alert.")
    ] = Kind.EXTERNAL,
    watchlist: WatchlistOption = None,
    camera: CameraOption = None,
    state: StateOption = None,
    min_priority: PriorityOption = None,
    quiet: QuietOption = None,
    time_zone: TimeZoneOption = None,
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Tell a webhook, or people by e-mail and chat, of alerts from now on.

    A webhook's signing secret goes to standard output, once; with --json it is in the answer.
    """
    channel = channel_fields(webhook, apprise_file)
    if len(channel) != 1:
        raise InvalidInput("CHANNEL_NOT_GIVEN", "say where to send: one of --webhook and --apprise-file")
    fields = {
        **channel,
        **filter_fields(_watchlist_ids(state_dir, watchlist), camera, state, min_priority, quiet, time_zone),
    }
    request = pb.CreateSubscriptionRequest(subscription=pb.Subscription(name=name, kind=kind.number, **fields))
    answer = ask(state_dir, "subscriptions", lambda stub: stub.CreateSubscription(request, timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
        return
    typer.echo(f"made the subscription {answer.subscription.id}", err=True)
    show_secret(answer.signing_secret)


@app.command("list")
def list_subscriptions(state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Show subscriptions, and how each goes."""
    show_subscriptions(ask(state_dir, "subscriptions", _all), json=json)


@app.command()
def show(subscription: SubscriptionArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Show all that is set of one, and why it is disabled."""
    answer = _ask_of(state_dir, subscription, pb.GetSubscriptionRequest(), lambda stub: stub.GetSubscription)
    show_subscription(answer.subscription, json=json)


@app.command()
def update(
    subscription: SubscriptionArgument,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    webhook: WebhookOption = None,
    apprise_file: AppriseFileOption = None,
    watchlist: WatchlistOption = None,
    camera: CameraOption = None,
    state: StateOption = None,
    min_priority: PriorityOption = None,
    quiet: QuietOption = None,
    time_zone: TimeZoneOption = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="A field to unset, such as states or quiet_hours; again for more.")
    ] = None,
    etag: Annotated[str, typer.Option(help="Only if it is still in this state; `show` says which.")] = "",
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Change a subscription; what is not given stays. A webhook that moves keeps its signing secret."""
    fields: dict[str, Any] = {
        **channel_fields(webhook, apprise_file),
        **filter_fields(_watchlist_ids(state_dir, watchlist), camera, state, min_priority, quiet, time_zone),
    }
    if name is not None:
        fields["name"] = name
    _update(state_dir, subscription, fields, [*fields, *(clear or ())], etag, json=json)


@app.command()
def pause(subscription: SubscriptionArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Send nothing until `resume`; what comes meanwhile waits."""
    _update(state_dir, subscription, {"paused": True}, ["paused"], json=json)


@app.command()
def resume(
    subscription: SubscriptionArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False
) -> None:
    """Send again, also where it was disabled; `replay --start now` skips what has piled up."""
    _update(state_dir, subscription, {}, ["paused"], json=json)


@app.command("test")
def try_out(
    subscription: SubscriptionArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False
) -> None:
    """Send a test event now, and say what came of it."""
    answer = _ask_of(state_dir, subscription, pb.TestSubscriptionRequest(), lambda stub: stub.TestSubscription)
    delivery = answer.delivery
    if json:
        print_json(as_dict(delivery))
    if delivery.outcome != pb.DELIVERY_OUTCOME_DELIVERED:
        raise Unavailable(delivery.reason.reason, delivery.reason.message)
    if not json:
        typer.echo(f"{outcome_word(delivery)} in {delivery.milliseconds:.0f} ms")


@app.command("rotate-secret")
def rotate_secret(
    subscription: SubscriptionArgument,
    overlap: Annotated[str, typer.Option(help="How long both secrets sign: 24h; 0: the old one ends now.")] = "24h",
    state_dir: StateDirOption = _STATE_DIR,
) -> None:
    """Give a webhook another signing secret, which goes to standard output, once."""
    request = pb.RotateSubscriptionSecretRequest()
    request.overlap.FromTimedelta(timedelta() if overlap == "0" else parse_duration(overlap))
    answer = _ask_of(state_dir, subscription, request, lambda stub: stub.RotateSubscriptionSecret)
    show_secret(answer.signing_secret)


@app.command()
def deliveries(
    subscription: SubscriptionArgument,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 50,
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show what was sent, or tried, in the last seven days; the newest first."""

    async def work(stub: Any) -> list[pb.Delivery]:
        request = pb.ListDeliveriesRequest(subscription_id=await _id(stub, subscription))
        return await every_page(stub.ListDeliveries, request, "deliveries", limit)

    show_deliveries(ask(state_dir, "subscriptions", work), json=json)


@app.command()
def replay(
    subscription: SubscriptionArgument,
    start: Annotated[str, typer.Option(help="From when: now, 2h (ago), or a time as 2026-11-29T08:00 in UTC.")],
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Send every alert from a time on once more, by the same ids; what was still to be tried again is given up."""
    request = pb.ReplaySubscriptionRequest()
    request.start_time.FromDatetime(parse_moment(start))
    answer = _ask_of(state_dir, subscription, request, lambda stub: stub.ReplaySubscription)
    show_subscription(answer.subscription, json=json)


@app.command()
def delete(subscription: SubscriptionArgument, state_dir: StateDirOption = _STATE_DIR) -> None:
    """Delete a subscription and its secrets; what has not been sent yet is not sent."""
    _ask_of(state_dir, subscription, pb.DeleteSubscriptionRequest(), lambda stub: stub.DeleteSubscription)
    typer.echo("deleted")


def _update(
    state_dir: Path, subscription: str, fields: dict[str, Any], paths: list[str], etag: str = "", *, json: bool
) -> None:
    request = pb.UpdateSubscriptionRequest(
        changes=pb.Subscription(**fields), update_mask=FieldMask(paths=paths), etag=etag
    )
    answer = _ask_of(state_dir, subscription, request, lambda stub: stub.UpdateSubscription)
    show_subscription(answer.subscription, json=json)


def _ask_of(state_dir: Path, subscription: str, request: Any, rpc: Callable[[Any], Callable[..., Awaitable[T]]]) -> T:
    """Send the request about one subscription, by id or name, and give the answer."""

    async def work(stub: Any) -> T:
        request.subscription_id = await _id(stub, subscription)
        return await rpc(stub)(request, timeout=CALL_SECONDS)

    return ask(state_dir, "subscriptions", work)


async def _all(stub: Any) -> list[pb.Subscription]:
    return await every_page(stub.ListSubscriptions, pb.ListSubscriptionsRequest(), "subscriptions")


async def _id(stub: Any, subscription: str) -> str:
    """Find one by id or name. Raises NotFound SUBSCRIPTION_NOT_FOUND, InvalidInput SUBSCRIPTION_AMBIGUOUS."""
    if is_id(subscription):
        return subscription
    found = [each.id for each in await _all(stub) if each.name == subscription]
    if len(found) > 1:
        raise InvalidInput("SUBSCRIPTION_AMBIGUOUS", f"{len(found)} are named {subscription}; give the id")
    if not found:
        raise NotFound(
            "SUBSCRIPTION_NOT_FOUND", f"there is no subscription {subscription}; see `sightline subscriptions list`"
        )
    return found[0]


def _watchlist_ids(state_dir: Path, watchlists: list[str] | None) -> list[str] | None:
    return [watchlist_id(state_dir, each) for each in watchlists] if watchlists else None
