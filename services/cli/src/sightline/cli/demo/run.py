"""`sightline demo`: starts everything, enrols one person, plays a video, and checks what the system says.

It is the only one that makes its own secrets: they open what listens on loopback, and end with it.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.pack import Pack, load_pack
from sightline.cli.broker_tls import as_spoken_by
from sightline.cli.demo.show import Show
from sightline.cli.demo.verdict import faults, summary
from sightline.cli.demo.walks import ENROLLED
from sightline.cli.demo.watching import Watching, enrol, stubs
from sightline.cli.installation import Installation
from sightline.cli.local_system import running_system
from sightline.cli.models.settings import ModelSettings
from sightline.cli.models.starter import NAME, pull_starter
from sightline.cli.nats_server import NatsServer, find_nats_server
from sightline.cli.options import DeviceOption, StateDirOption
from sightline.cli.ports import choose_ports
from sightline.cli.relay import line_printer, relay
from sightline.cli.secrets_writer import write_secrets
from sightline.cli.supervision import LocalPlan
from sightline.cli.up import INTERRUPTED, run_until_signal, usable_pack
from sightline.v1 import access_pb2

# Longer than a face can be lost within one appearance, shorter than the pauses between them.
_COOLDOWN_S = 8
_OWN_COOLDOWN_S = 10
_ROLES = (access_pb2.ROLE_ADMIN, access_pb2.ROLE_OPERATOR, access_pb2.ROLE_VIEWER, access_pb2.ROLE_REVIEWER)
_KEY_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class Play:
    """What is played: whose photo, which video, and when the person appears, where that is known."""

    person: str
    photo: Path
    video: Path
    appearances: Sequence[tuple[float, float]] | None


def demo(
    video: Annotated[Path | None, typer.Option(help="Your own video.")] = None,
    photo: Annotated[Path | None, typer.Option(help="Your own photo of the person to find.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures and the summary.")] = Path("out/demo"),
    draw: Annotated[
        Path | None,
        typer.Option(help="Only draw the photo, the video and a camera's clip of it into this folder; start nothing."),
    ] = None,
    logs: Annotated[bool, typer.Option("--logs", help="Show what the services print.")] = False,
    state_dir: StateDirOption = Path(".sightline"),
    pack: Annotated[str, typer.Option(help="Model pack: a folder, or the name of one that was pulled.")] = NAME,
    device: DeviceOption = "cpu",
) -> None:
    """Find one enrolled person in a video, with everything running on this machine."""
    show = Show(Console())
    if draw:
        _draw(draw, show)
        return
    nats_server = find_nats_server()
    folder = _pack_folder(Installation(state_dir), pack)
    _clear(out)
    play = _own(video, photo) if video or photo else _drawn(out / "media", show)
    plan = demo_plan(nats_server, out / "state", folder, device, play.video.parent)
    exit_code = INTERRUPTED

    async def main() -> None:
        nonlocal exit_code
        exit_code = await _run(plan, play, out, show, logs=logs)

    try:
        run_until_signal(main())
    finally:
        plan.installation.forget()
    raise typer.Exit(exit_code)


def demo_plan(nats_server: NatsServer, state: Path, pack: Path, device: str, videos: Path) -> LocalPlan:
    """Plan a system that is nobody else's: what the environment says of another one does not reach it."""
    return LocalPlan(
        installation=Installation(state.resolve()),
        ports=as_spoken_by(nats_server, choose_ports(0)),
        nats_server=nats_server.path,
        pack=pack,
        device=device,
        video_roots=[videos],
        settings={},
    )


async def _run(plan: LocalPlan, play: Play, out: Path, show: Show, *, logs: bool) -> int:
    show.opening(load_pack(plan.pack))
    printing = asyncio.create_task(_print_logs(plan, show.console)) if logs else None
    try:
        key = write_secrets(plan.secrets, "demo", _ROLES, _KEY_LIFETIME)
        show.secrets_made()
        async with running_system(plan) as system, stubs(plan, key) as apis:
            with show.starting(plan.processes) as on_ready:
                await system.ready(on_ready)
            cooldown = _COOLDOWN_S if play.appearances else _OWN_COOLDOWN_S
            watchlist = await enrol(apis, play.person, play.photo, cooldown)
            show.enrolled(play.person, play.photo)
            with show.watching(play.video) as (on_progress, on_alert):
                outcome, pictures = await Watching(plan, apis, watchlist, on_progress, on_alert).play(play.video)
    finally:
        if printing:
            printing.cancel()
            await asyncio.gather(printing, return_exceptions=True)
    for number, picture in enumerate(pictures, start=1):
        (out / f"alert-{number}.jpg").write_bytes(picture)
    facts = summary(outcome, len(play.appearances) if play.appearances else None)
    (out / "summary.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    wrong = faults(outcome, play.person, play.appearances) if play.appearances else []
    show.closing(facts, out, wrong, checked=play.appearances is not None)
    return 1 if wrong else 0


async def _print_logs(plan: LocalPlan, console: Console) -> None:
    logs = {name: plan.installation.log_of(name) for name in plan.processes}
    await relay(logs, line_printer(console, plan.processes))


def _drawn(folder: Path, show: Show) -> Play:
    with _demo_extra():
        from sightline.cli.demo.video import make_demo_media  # noqa: PLC0415 - OpenCV comes with the extra `demo` only
    with show.drawing():
        media = make_demo_media(folder.resolve())
    return Play(ENROLLED, media.photo, media.video, media.appearances)


def _draw(folder: Path, show: Show) -> None:
    """Draw for a camera that somebody else runs."""
    with _demo_extra():
        from sightline.cli.demo.camera_clip import write_camera_clip  # noqa: PLC0415 - as above
        from sightline.cli.demo.video import FPS  # noqa: PLC0415 - as above
    video = _drawn(folder, show).video
    write_camera_clip(video, video.with_suffix(".h264"), FPS)


@contextmanager
def _demo_extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise FailedPrecondition(
            "DEMO_EXTRA_MISSING",
            f"{error.name} is not installed; run `uv sync --all-packages --extra cpu --extra demo`",
        ) from error


def _own(video: Path | None, photo: Path | None) -> Play:
    """Take the user's own files; how often the person appears in them nobody has told us."""
    if video is None or photo is None:
        raise InvalidInput("DEMO_NEEDS_BOTH", "give a video and a photo: --video PATH --photo PATH")
    for path in (video, photo):
        if not path.is_file():
            raise NotFound("FILE_NOT_FOUND", f"there is no file {path}; check the path")
    person = re.sub(r"[^a-zA-Z0-9_.:-]", "-", photo.stem) or "person"
    return Play(person, photo.resolve(), video.resolve(), None)


def _pack_folder(installation: Installation, pack: str) -> Path:
    """Give the folder of the pack; the starter pack is made where it is missing."""
    folder = installation.packs / NAME
    if pack == NAME and not (folder / "pack.toml").exists():
        with Progress() as progress:
            made: Pack = pull_starter(folder, ModelSettings.read(), progress)
        return made.folder.resolve()
    return usable_pack(installation, pack)


def _clear(out: Path) -> None:
    """Take away what an earlier run left, so that nobody takes it for this one's."""
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("alert-*.jpg"), out / "summary.json"):
        old.unlink(missing_ok=True)
    shutil.rmtree(out / "state", ignore_errors=True)
