"""`sightline status`: the whole system on one screen."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.pack import load_pack
from sightline.cli.authorities import authorities
from sightline.cli.installation import Installation
from sightline.cli.models.choice import chosen_pack
from sightline.cli.models.starter import NAME as STARTER
from sightline.cli.options import StateDirOption
from sightline.cli.output import JsonOption, print_json, print_table
from sightline.cli.ports import HOST, choose_ports
from sightline.cli.status_look import Look, Place, look_at

_STATE_DIR = Path(".sightline")
_DAY = 86_400.0
_ALL = "all"
_FIGURES = (
    ("cameras held", "ingest", "sightline_ingest_cameras"),
    ("cameras running", "ingest", "sightline_camera_running"),
    ("frames given up", "ingest", "sightline_ingest_frames_dropped_total"),
    ("shots that the broker did not take", "ingest", "sightline_ingest_shots_dropped_total"),
    ("faces in the index", "match", "sightline_index_faces"),
    ("deleted faces still on the disk", "match", "sightline_index_pending_deletions"),
    ("mate recall of the index", "match", "sightline_index_mate_recall"),
    ("drift of live scores from the calibration", "match", "sightline_match_score_drift"),
    ("audit entries without a seal", "notify", "sightline_audit_unsealed_entries"),
    ("subscriptions held", "notify", "sightline_notify_subscriptions"),
    ("messages that became dead letters", _ALL, "sightline_messages_buried_total"),
    ("tries of messages that our setup forbids", _ALL, "sightline_messages_held_total"),
)


def status(
    state_dir: StateDirOption = _STATE_DIR,
    at: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SIGHTLINE_STATUS_AT",
            help="Where a process is that is not on this machine: ingest=HOST; again for others.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show services, releases, certificates, lag, cameras, what was given up, and models; 1 if something is not ready.

    It reads what Prometheus reads. Figures count from the start of each process, and are of the replica that answered.
    """
    places = _places(state_dir, at or [])
    looks = asyncio.run(look_at(places, authorities(state_dir)))
    shown = {
        "services": [_service(name, look) for name, look in looks.items()],
        "lag": dict(_lag(looks)),
        "figures": dict(_figures(looks)),
        "models": list(_models(looks)) or _models_here(state_dir),
    }
    if as_json:
        print_json(shown)
    else:
        _print(shown)
    if not any(look.answers for look in looks.values()):
        typer.echo("nothing answers: `sightline up` starts a system here; --at says where another one is", err=True)
    if any(look.state != "ready" for look in looks.values()):
        raise typer.Exit(1)


def _places(state_dir: Path, at: list[str]) -> dict[str, Place]:
    ports = Installation(state_dir).running() or choose_ports(None)
    if not at:
        return {name: Place(HOST, each.health, each.metrics) for name, each in ports.services.items()}
    # Elsewhere each has the standard ports.
    standard, found = choose_ports(None).services, {}
    for text in at:
        name, _, host = text.partition("=")
        if name not in standard or not host:
            raise InvalidInput(
                "PLACE_INVALID", f"'{text}' is no place: name one of {', '.join(standard)}, as ingest=HOST"
            )
        found[name] = Place(host, standard[name].health, standard[name].metrics)
    return found


def _service(name: str, look: Look) -> dict[str, Any]:
    end, memory = look.total("sightline_certificate_end_seconds"), look.total("process_resident_memory_bytes")
    releases = look.labelled("sightline_build_info", "version")
    return {
        "service": name,
        "state": look.state,
        "failing": look.failing,
        "release": next(iter(releases), ""),
        "certificate_days": round((end - time.time()) / _DAY) if end else None,
        "memory_mb": None if memory is None else round(memory / 1e6),
        "broker_denials": int(look.total("sightline_broker_denials_total") or 0),
    }


def _lag(looks: Mapping[str, Look]) -> Iterator[tuple[str, int]]:
    for look in looks.values():
        for labels, value in look.samples.get("sightline_consumer_lag", ()):
            yield f"{labels['stream']} {labels['stage']}", int(value)


def _figures(looks: Mapping[str, Look]) -> Iterator[tuple[str, float]]:
    for what, service, name in _FIGURES:
        asked = looks.values() if service == _ALL else [looks[service]] if service in looks else []
        values = [value for look in asked if (value := look.total(name)) is not None]
        if values:
            yield what, sum(values)
    if "match" in looks:
        for reason, count in looks["match"].labelled("sightline_match_alerts_off", "reason").items():
            yield f"watchlists WITHOUT ALERTS: {reason}", count


def _models(looks: Mapping[str, Look]) -> Iterator[dict[str, str]]:
    """The networks that run, as the processes say that run them."""
    for look in looks.values():
        for labels, _ in look.samples.get("sightline_model_info", ()):
            model = f"{labels['pack']} {labels['part']}"
            yield {"model": model, "licence": labels["licence"], "fit_for": labels["fit_for"]}


def _models_here(state_dir: Path) -> list[dict[str, str]]:
    """The pack that runs here, or that this installation chose, where no process says so."""
    installation = Installation(state_dir)
    folder = installation.running_pack() or installation.packs / (chosen_pack(state_dir) or STARTER)
    try:
        pack = load_pack(folder)
    except SightlineError as error:
        return [{"model": f"none ({error.reason})", "licence": "", "fit_for": ""}]
    parts = (("detector", pack.detector), ("embedder", pack.embedder))
    return [{"model": f"{pack.name} {what}", "licence": part.licence, "fit_for": pack.fit_for} for what, part in parts]


def _print(shown: Mapping[str, Any]) -> None:
    services = [
        (
            each["service"],
            f"{each['state']}: {each['failing']}" if each["failing"] else each["state"],
            each["release"],
            _days(each["certificate_days"]),
            "-" if each["memory_mb"] is None else each["memory_mb"],
            each["broker_denials"],
        )
        for each in shown["services"]
    ]
    columns = ["SERVICE", "STATE", "RELEASE", "CERTIFICATE", "MEMORY MB", "DENIED BY BROKER"]
    print_table(columns, services, empty="no services")
    print_table(["NOT FINISHED", "MESSAGES"], list(shown["lag"].items()), empty="provision does not answer")
    rows = [(what, f"{value:,.4g}") for what, value in shown["figures"].items()]
    print_table(["FIGURE", "VALUE"], rows, empty="no figures")
    models = [(each["model"], each["licence"], each["fit_for"]) for each in shown["models"]]
    print_table(["MODEL", "LICENCE", "FIT FOR"], models, empty="no models")


def _days(days: int | None) -> str:
    return "-" if days is None else f"{days} d"
