"""`sightline dlq`: messages that could not be handled."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.client import CALL_SECONDS, ask, every_page
from sightline.cli.moments import moment
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import dead_letter_service_pb2 as pb

_STATE_DIR = Path(".sightline")
_COLUMNS = ("number", "time (UTC)", "stage", "reason", "tries", "retry", "about")
NumberArgument = Annotated[int, typer.Argument(help="As `list` has it.", min=1)]

app = typer.Typer(help="Dead letters: messages that could not be handled; kept for seven days.", no_args_is_help=True)


@app.command("list")
def list_letters(
    stage: Annotated[str, typer.Option(help="Only of this stage, such as deliveries or notify.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, the oldest.", min=1)] = 100,
    state_dir: StateDirOption = _STATE_DIR,
    json: JsonOption = False,
) -> None:
    """Show dead letters, the oldest first."""
    request = pb.ListDeadLettersRequest(stage=stage)
    found = ask(state_dir, "dlq", lambda stub: every_page(stub.ListDeadLetters, request, "letters", limit))
    if json:
        print_json([as_dict(each) for each in found])
    else:
        print_table(_COLUMNS, map(_row, found), empty="there are no dead letters")


@app.command()
def show(number: NumberArgument, state_dir: StateDirOption = _STATE_DIR, json: JsonOption = False) -> None:
    """Show one, and what it says of why."""
    request = pb.GetDeadLetterRequest(number=number)
    stored = ask(state_dir, "dlq", lambda stub: stub.GetDeadLetter(request, timeout=CALL_SECONDS)).letter
    if json:
        print_json(as_dict(stored))
        return
    letter = stored.letter
    facts = [
        *(("number", stored.number), ("time (UTC)", moment(letter.time, absent=""))),
        *(("stage", letter.stage), ("reason", letter.reason), ("what it said", letter.message)),
        *(("tries", letter.deliveries), ("message", f"{letter.sequence} of {letter.stream}, {letter.subject}")),
        *(("subscription", letter.subscription_id or "-"), ("alert", letter.alert_id or "-")),
        ("retry", "yes" if stored.retryable else "no: what it was about is not kept"),
    ]
    print_table(("what", "value"), facts, empty="")


@app.command()
def retry(number: NumberArgument, state_dir: StateDirOption = _STATE_DIR) -> None:
    """Handle it once more, now. It is gone where that goes well, and stays where it does not."""
    request = pb.RetryDeadLetterRequest(number=number)
    ask(state_dir, "dlq", lambda stub: stub.RetryDeadLetter(request, timeout=CALL_SECONDS))
    typer.echo("handled")


@app.command()
def drop(number: NumberArgument, state_dir: StateDirOption = _STATE_DIR) -> None:
    """Forget it."""
    request = pb.DropDeadLetterRequest(number=number)
    ask(state_dir, "dlq", lambda stub: stub.DropDeadLetter(request, timeout=CALL_SECONDS))
    typer.echo("dropped")


def _row(stored: pb.StoredDeadLetter) -> tuple[object, ...]:
    letter = stored.letter
    about = f"alert {letter.alert_id}" if letter.alert_id else letter.subject
    return (
        *(stored.number, moment(letter.time, absent=""), letter.stage, letter.reason, letter.deliveries),
        *("yes" if stored.retryable else "no", about),
    )
