"""The `sightline` command."""

import logging
import sys

import structlog
import typer

from sightline.chassis.errors import SightlineError
from sightline.cli import alerts, cameras, doctor, enroll, provision, search, up, watchlists
from sightline.cli.demo.run import demo
from sightline.cli.models import commands as models
from sightline.cli.output import print_error


def build_app() -> typer.Typer:
    """Put the commands together."""
    app = typer.Typer(
        name="sightline",
        help="Finds enrolled people in live and stored video, on your own machines.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for command in (up.up, doctor.doctor, enroll.enroll, search.search, alerts.alerts, provision.provision):
        app.command()(command)
    app.command()(demo)
    app.add_typer(watchlists.app, name="watchlists")
    app.add_typer(cameras.app, name="cameras")
    app.add_typer(models.app, name="models")
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
