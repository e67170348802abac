"""What the demonstration prints."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from sightline.chassis.pack import Pack
from sightline.cli.demo.verdict import Seen
from sightline.v1.camera_service_pb2 import CameraStatus


class Show:
    """Tells the story of a run on a console."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """While photo and video are made."""
        with self.console.status("drawing a photo and a video from sample pictures"):
            yield
        self._done("photo and video are drawn")

    def opening(self, pack: Pack) -> None:
        """Say what the models are good for, before anything is shown with them."""
        self._done(f"model pack {pack.name}: {pack.licence}; fit for {pack.fit_for}")
        if pack.fit_for != "production":
            for fact in pack.facts[:2]:
                self._warn(fact)

    def secrets_made(self) -> None:
        """Say that the secrets of the run are no installation's."""
        self._done("throw-away secrets, loopback only: an installation has its own (`sightline init`)")

    @contextmanager
    def starting(self, names: Sequence[str]) -> Iterator[Callable[[str], None]]:
        """While the processes start; gives what is told each that is ready."""
        ready: list[str] = []
        with self.console.status(f"starting {', '.join(names)}") as status:

            def on_ready(name: str) -> None:
                ready.append(name)
                status.update(f"starting: {', '.join(ready)} ready")

            yield on_ready
        self._done(f"{len(names)} processes run: {', '.join(names)}")

    def enrolled(self, person: str, photo: Path) -> None:
        """Say who is looked for, and that nobody reviews what is found."""
        self._done(f"{person} is enrolled from {_short(photo)}")
        self._warn(
            "The watchlist's review policy is `none`: alerts go out unseen. In earnest, people review them first."
        )

    @contextmanager
    def watching(self, video: Path) -> Iterator[tuple[Callable[[CameraStatus], None], Callable[[Seen], None]]]:
        """While the video plays: a bar, and a line for each alert."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[facts]}"),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(f"watching {video.name}", total=None, facts="")

            def on_progress(status: CameraStatus) -> None:
                facts = f"{status.frames_detected} frames, {status.faces} faces, {status.tracks} tracks"
                total = status.media_duration_seconds or None
                progress.update(task, completed=status.media_seconds, total=total, facts=facts)

            def on_alert(seen: Seen) -> None:
                progress.console.print(_alert_line(seen))

            yield on_progress, on_alert
            progress.update(task, completed=1, total=1)

    def closing(self, facts: dict[str, Any], out: Path, wrong: Sequence[str], *, checked: bool) -> None:
        """Say what came of it, and whether that is right."""
        self._done(
            f"{facts['frames']} frames at {facts['frames_per_second']} per second, {facts['faces']} faces, "
            f"{facts['tracks']} tracks, {len(facts['alerts'])} alerts"
        )
        if facts["alerts"]:
            self._done("from frame to alert: p50 {p50:.0f} ms, p95 {p95:.0f} ms".format(**facts["latency_ms"]))
            self._done(f"the pictures that show why: {_short(out)}/alert-*.jpg")
        self._done(f"the facts for programs: {_short(out)}/summary.json")
        for fault in wrong:
            self.console.print(Text.assemble(("wrong  ", "bold red"), fault), soft_wrap=True)
        if checked and not wrong:
            self._done("exactly one alert for each appearance of the enrolled person, none of anyone else")

    def _warn(self, text: str) -> None:
        self.console.print(Padding(Text(text, style="yellow"), (0, 0, 0, 2)))

    def _done(self, text: str) -> None:
        self.console.print(Text.assemble(("✓ ", "green"), text), soft_wrap=True)


def _alert_line(seen: Seen) -> Text:
    minutes, seconds = divmod(seen.at, 60)
    clock = f"{int(minutes):02d}:{seconds:04.1f}"
    return Text.assemble(
        ("ALERT  ", "bold red"), f"{clock}  ", (seen.person, "bold"), f"  similarity {seen.similarity:.1f} of 100"
    )


def _short(path: Path) -> Path:
    """Give the path as seen from here, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
