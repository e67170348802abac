"""What `sightline subscriptions create` and `update` can say, and the contract's fields that come of it."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from sightline.chassis.errors import InvalidInput
from sightline.cli.alert_states import StateName
from sightline.cli.duration import parse_duration
from sightline.cli.priority import Priority
from sightline.cli.weekly_hours import parse_schedule
from sightline.v1 import subscription_service_pb2 as pb


class Kind(StrEnum):
    """What a subscription gets, as the contract's SubscriptionKind has it."""

    EXTERNAL = "external"
    REVIEW = "review"

    @property
    def number(self) -> pb.SubscriptionKind:
        """The contract's value."""
        return cast("pb.SubscriptionKind", pb.SubscriptionKind.Value(f"SUBSCRIPTION_KIND_{self.name}"))


WebhookOption = Annotated[str | None, typer.Option(metavar="URL", help="POST each alert there, signed.")]
AppriseFileOption = Annotated[
    Path | None,
    typer.Option(help="File with one apprise URL (e-mail, chat), a secret; - is standard input.", allow_dash=True),
]
WatchlistOption = Annotated[
    list[str] | None, typer.Option(help="Only alerts of this watchlist, by name or id; again for more. Unset: all.")
]
CameraOption = Annotated[
    list[str] | None, typer.Option(help="Only alerts of this camera or video job, by id; again for more. Unset: all.")
]
StateOption = Annotated[list[StateName] | None, typer.Option(help="Only alerts in this state; again for more.")]
PriorityOption = Annotated[
    Priority | None, typer.Option(help="Only alerts of watchlists of this priority or a higher one. Unset: all.")
]
QuietOption = Annotated[
    list[str] | None,
    typer.Option(help="Send nothing then, and what comes afterwards: 'daily 22:00-06:00'; again for more."),
]
TimeZoneOption = Annotated[str | None, typer.Option(help="Where quiet hours hold, as Europe/Berlin. Unset: UTC.")]


def channel_fields(webhook: str | None, apprise_file: Path | None) -> dict[str, Any]:
    """Give where it is sent. Raises InvalidInput APPRISE_FILE_UNREADABLE."""
    fields: dict[str, Any] = {}
    if webhook is not None:
        fields["webhook"] = pb.Webhook(url=webhook)
    if apprise_file is not None:
        fields["apprise"] = pb.Apprise(url=_secret_line(apprise_file))
    return fields


def filter_fields(
    watchlist_ids: list[str] | None,
    camera: list[str] | None,
    state: list[StateName] | None,
    priority: Priority | None,
    quiet: list[str] | None,
    time_zone: str | None,
) -> dict[str, Any]:
    """Give what is sent, and when; what is None was not said."""
    fields = {
        "watchlist_ids": watchlist_ids,
        "camera_ids": camera,
        "states": [each.number for each in state] if state else None,
        "min_priority": f"ALERT_PRIORITY_{priority.name}" if priority else None,
        "quiet_hours": parse_schedule(quiet, time_zone),
    }
    return {name: value for name, value in fields.items() if value is not None}


def parse_moment(text: str) -> datetime:
    """Read `now`, how long ago (`2h`), or a time as 2026-11-29T08:00 (UTC unless it says). Raises TIME_INVALID."""
    if text == "now":
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return datetime.now(UTC) - parse_duration(text)
        except InvalidInput as error:
            raise InvalidInput(
                "TIME_INVALID", f"'{text}' is no time; write it as now, 2h (ago) or 2026-11-29T08:00"
            ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _secret_line(file: Path) -> str:
    """Give the first line; the file is for nobody else's eyes, and no error repeats it."""
    try:
        text = typer.get_text_stream("stdin").readline() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("APPRISE_FILE_UNREADABLE", f"{file} cannot be read") from error
    return text.strip()
