"""`sightline whoami`: who the system takes you for, and what you may do."""

from pathlib import Path

from sightline.cli.client import CALL_SECONDS, ask
from sightline.cli.grant_options import grant_rows
from sightline.cli.moments import moment
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, as_dict, print_json, print_table
from sightline.v1 import access_service_pb2 as pb


def whoami(state_dir: StateDirOption = Path(".sightline"), json: JsonOption = False) -> None:
    """Show who you are to the system, with which credential, and what you may do with it."""
    answer = ask(state_dir, "access", lambda access: access.WhoAmI(pb.WhoAmIRequest(), timeout=CALL_SECONDS))
    if json:
        print_json(as_dict(answer))
        return
    facts = [
        ("subject", answer.subject_id),
        ("handle", answer.handle or "none"),
        ("credential", f"{answer.credential_kind} {answer.credential_id}".strip()),
        ("ends (UTC)", moment(answer.expire_time, absent="not by itself")),
    ]
    print_table(("what", "value"), facts, empty="")
    print_table(("role", "watchlists", "cameras"), grant_rows(answer.grants), empty="you may do nothing here")
