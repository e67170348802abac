"""The `sightline` command."""

import logging
import sys
from collections.abc import Callable
from typing import TypeAlias

import structlog
import typer

from sightline.chassis.errors import SightlineError
from sightline.cli import (
    alerts,
    api_keys,
    audit,
    broker,
    calibrate,
    cameras,
    certificates,
    dlq,
    doctor,
    enroll,
    enrolments,
    erasure,
    export_faces,
    faces,
    gallery,
    grants,
    import_faces,
    init,
    keyring,
    login,
    persons,
    policy,
    provision,
    search,
    status,
    subscriptions,
    threshold,
    up,
    watchlists,
    whoami,
)
from sightline.cli.backup.commands import backup, restore
from sightline.cli.demo.run import demo
from sightline.cli.models import commands as models
from sightline.cli.output import print_error
from sightline.cli.plan.command import plan
from sightline.cli.video import commands as video

Command: TypeAlias = Callable[..., None] | typer.Typer
_COMMANDS: dict[str, tuple[Callable[..., None] | tuple[str, Command], ...]] = {
    "Find people": (
        ("watchlists", watchlists.app),
        ("persons", persons.app),
        ("faces", faces.app),
        enroll.enroll,
        ("import", import_faces.import_faces),
        ("enrolments", enrolments.app),
        ("export", export_faces.export_faces),
        search.search,
        ("threshold", threshold.app),
        ("cameras", cameras.app),
        ("video", video.app),
        ("alerts", alerts.app),
        ("subscriptions", subscriptions.app),
        ("erasure", erasure.app),
    ),
    "Who may do what": (
        login.login,
        login.logout,
        whoami.whoami,
        ("grants", grants.app),
        ("keys", api_keys.app),
        ("audit", audit.app),
        ("policy", policy.app),
    ),
    "Run it": (
        demo,
        init.init,
        ("certificates", certificates.app),
        up.up,
        status.status,
        doctor.doctor,
        plan,
        ("gallery", gallery.app),
        ("dlq", dlq.app),
        provision.provision,
        ("broker", broker.app),
        ("keyring", keyring.app),
        backup,
        restore,
        ("models", models.app),
        calibrate.calibrate,
    ),
}


def build_app() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(
        name="sightline",
        help="Finds enrolled people in live and stored video, on your own machines.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for panel, commands in _COMMANDS.items():
        for command in commands:
            name, does = command if isinstance(command, tuple) else (None, command)
            if isinstance(does, typer.Typer):
                app.add_typer(does, name=name, rich_help_panel=panel)
            else:
                app.command(name, rich_help_panel=panel)(does)
    return app


def main() -> None:
    """Run the command; what goes wrong is one line with a reason and what to do, and exit code 1."""
    # What libraries log is for services; `provision`, which is one, configures its own.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        build_app()()
    except SightlineError as error:
        print_error(error.reason, error.message)
        sys.exit(1)
