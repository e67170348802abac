"""The `sightline` command."""

import inspect
import logging
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import structlog
import typer

from sightline.chassis.errors import SightlineError
from sightline.cli.output import print_error

# By name: the module below `sightline.cli`, and the function or group in it. They are imported when they are asked for:
# all together take a second and more, which nobody should wait for who types one of them.
_COMMANDS = {
    "Find people": {
        "watchlists": "watchlists:app",
        "persons": "persons:app",
        "faces": "faces:app",
        "enroll": "enroll:enroll",
        "import": "import_faces:import_faces",
        "enrolments": "enrolments:app",
        "export": "export_faces:export_faces",
        "search": "search:search",
        "threshold": "threshold:app",
        "cameras": "cameras:app",
        "video": "video.commands:app",
        "alerts": "alerts:app",
        "subscriptions": "subscriptions:app",
        "erasure": "erasure:app",
    },
    "Who may do what": {
        "login": "login:login",
        "logout": "login:logout",
        "whoami": "whoami:whoami",
        "grants": "grants:app",
        "keys": "api_keys:app",
        "audit": "audit:app",
        "policy": "policy:app",
    },
    "Run it": {
        "demo": "demo.run:demo",
        "init": "init:init",
        "certificates": "certificates:app",
        "up": "up:up",
        "status": "status:status",
        "doctor": "doctor:doctor",
        "plan": "plan.command:plan",
        "gallery": "gallery:app",
        "dlq": "dlq:app",
        "provision": "provision:provision",
        "broker": "broker:app",
        "keyring": "keyring:app",
        "backup": "backup.commands:backup",
        "restore": "backup.commands:restore",
        "models": "models.commands:app",
        "evaluate": "evaluate:evaluate",
        "calibrate": "calibrate:calibrate",
        "sandbox": "sandbox.commands:app",
    },
}


def build_app(word: str = "") -> typer.Typer:
    """Put the commands together.

    Args:
        word: the first that was typed. Where it is a command's name, that one alone is imported; else all are, as a
            list of them needs it, or a hint at what was meant.
    """
    app = typer.Typer(
        name="sightline",
        help="Finds enrolled people in live and stored video, on your own machines.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    # Without a callback typer takes an app of one command for that command, and its name for an argument.
    app.callback()(_root)
    known = word == "--version" or any(word in commands for commands in _COMMANDS.values())
    for panel, commands in _COMMANDS.items():
        for name, place in commands.items():
            if name == word or not known:
                _add(app, panel, name, place)
    return app


def _add(app: typer.Typer, panel: str, name: str, place: str) -> None:
    module, _, attribute = place.partition(":")
    command = getattr(import_module(f"sightline.cli.{module}"), attribute)
    if isinstance(command, typer.Typer):
        _join_lines(command)
        app.add_typer(command, name=name, rich_help_panel=panel)
    else:
        app.command(name, help=_paragraphs(command.__doc__), rich_help_panel=panel)(command)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sightline {version('sightline-cli')}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the release and exit.")
    ] = False,
) -> None:
    """Take what stands before a command."""


def _join_lines(group: typer.Typer) -> None:
    for command in group.registered_commands:
        command.help = _paragraphs(command.help or getattr(command.callback, "__doc__", None))
    for inner in group.registered_groups:
        if inner.typer_instance:
            _join_lines(inner.typer_instance)


def _paragraphs(text: str | None) -> str:
    # A line each: the terminal breaks them where it ends, and typer would keep the ends of the source's lines, too.
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text or "").split("\n\n"))


def main() -> None:
    """Run the command; what goes wrong is one line with a reason and what to do, and exit code 1."""
    # What libraries log is for services; `provision`, which is one, configures its own.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # asyncio warns of each connection to the broker that ends ("returning true from eof_received()").
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    try:
        build_app(next(iter(sys.argv[1:]), ""))()
    except SightlineError as error:
        print_error(error.reason, error.message)
        sys.exit(1)
