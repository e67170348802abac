"""`sightline policy`: the policies that a system can follow, and what each of them asks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer

from sightline.chassis.policy import DEFAULT_POLICY, NOTICE, Policy, load_policy, policy_names, span_text
from sightline.cli.output import JsonOption, print_json, print_table

app = typer.Typer(help=f"Policies: what is kept how long, and who looks. {NOTICE}", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of a policy, or path of a file of your own.")]


@app.command("list")
def list_policies(*, json: JsonOption = False) -> None:
    """Show the policies that SIGHTLINE_POLICY can name."""
    found = {name: load_policy(name) for name in policy_names()}
    if json:
        print_json([{"name": name, "title": each.title, "basis": each.basis} for name, each in found.items()])
    else:
        rows = ((name, each.title, each.basis) for name, each in found.items())
        print_table(("policy", "title", "read from"), rows, empty="")
    typer.echo(NOTICE, err=True)


@app.command()
def show(name: NameArgument = DEFAULT_POLICY, *, json: JsonOption = False) -> None:
    """Show what a policy asks, and what of it the system does not do yet. Checks a file of your own."""
    policy = load_policy(name)
    if json:
        print_json({"name": name, **policy.model_dump(mode="json"), "notice": NOTICE})
        return
    print_table(("what", "value"), _rows(policy), empty="")
    for missing in policy.not_enforced:
        typer.echo(f"not enforced: {missing}")
    typer.echo(NOTICE)


def _rows(policy: Policy) -> Iterator[tuple[str, str]]:
    kept, review, searches, enrolments = policy.retention, policy.review, policy.searches, policy.enrolments
    yield "title", policy.title
    yield "read from", policy.basis
    yield "alerts are kept for", _span(kept.alerts)
    yield "watchlists live for", _span(kept.watchlists)
    yield "persons live for", _span(kept.persons) if kept.persons else "as long as their watchlist"
    yield "audit is kept for", f"{_span(kept.audit)} or longer"
    yield "review", f"{review.policy}, unless the watchlist says otherwise"
    yield "reviewers who disagree", "are followed by a third" if review.disagreement == "third" else "end the alert"
    yield "who enrolled the person", "may review" if review.requester_may_review else "does not review"
    yield "an undecided alert ends after", _span(review.expire_after)
    yield "enrolments are approved by", _approver(enrolments.approval)
    yield "watchlists are approved by", _approver(enrolments.watchlist_approval)
    yield "what nobody approves is erased after", _span(enrolments.decide_within)
    yield "reasons", "are required" if enrolments.reasons_required else "may be given"
    yield "searches need", "a purpose and a case" if searches.case_reference_required else "a purpose"
    yield "searches of a person in a day", str(searches.per_person_and_day or "no limit")


def _approver(count: str) -> str:
    return "nobody" if count == "none" else "somebody other than the requester"


def _span(span: timedelta | None) -> str:
    return span_text(span) if span else "no limit"
