"""`sightline import`: many faces at once, from pictures or from templates."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.ids import new_id
from sightline.cli.client import ask, watchlist_id
from sightline.cli.import_call import Batch, ImportCall, Refused
from sightline.cli.import_journal import Journal, Report, journal_path
from sightline.cli.import_sources import Entry, find_entries
from sightline.cli.options import CaseOption, PurposeOption, StateDirOption
from sightline.cli.output import JsonOption, print_json
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1 import import_service_pb2 as pb


class Face(StrEnum):
    """Which face of a picture is meant."""

    ONLY = "only"
    LARGEST = "largest"


class Gate(StrEnum):
    """How good a face has to be."""

    OFF = "off"
    STANDARD = "standard"
    STRICT = "strict"


SELECTIONS = {Face.ONLY: gallery_pb.FACE_SELECTION_ONLY, Face.LARGEST: gallery_pb.FACE_SELECTION_LARGEST}
GATES = {
    Gate.OFF: gallery_pb.QUALITY_GATE_OFF,
    Gate.STANDARD: gallery_pb.QUALITY_GATE_STANDARD,
    Gate.STRICT: gallery_pb.QUALITY_GATE_STRICT,
}


def import_faces(
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder with a folder per person; a .csv or .parquet of path, person, display_name; .npz."
        ),
    ],
    watchlist: Annotated[str, typer.Option(help="Name or id.")],
    vectors: Annotated[bool, typer.Option("--vectors", help="The .parquet holds templates: vector, person.")] = False,
    embedder: Annotated[str, typer.Option(help="Id of the embedder that made the templates.")] = "",
    face: Annotated[Face, typer.Option(help="Which face of a picture is meant.")] = Face.ONLY,
    quality: Annotated[Gate, typer.Option(help="How good a face has to be.")] = Gate.STANDARD,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out what an interrupted import got done.")] = False,
    report: Annotated[Path | None, typer.Option(help="File for every refusal with its reason, as JSON lines.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if anything was refused.")] = False,
    purpose: PurposeOption = "",
    case: CaseOption = "",
    state_dir: StateDirOption = Path(".sightline"),
    json: JsonOption = False,
) -> None:
    """Enrol many faces; what is enrolled already is left as it is.

    A face that was enrolled from a picture and the template that was exported of it are two: import an export into
    another watchlist.
    """
    header = pb.ImportFacesRequest(
        watchlist=watchlist_id(state_dir, watchlist),
        purpose=purpose,
        case_reference=case,
        dry_run=dry_run,
        selection=SELECTIONS[face],
        quality_gate=GATES[quality],
        import_id=new_id(),
    )
    entries = find_entries(path, vectors=vectors, embedder_id=embedder)
    with ExitStack() as files:
        journal = None
        if not dry_run:
            kept = journal_path(state_dir, header.watchlist, path)
            journal = files.enter_context(closing(Journal(kept, resume=resume)))
        refusals = files.enter_context(report.open("a" if resume else "w", encoding="utf-8")) if report else None
        progress = files.enter_context(_progress(json=json))
        run = Run(journal, Report(refusals), progress)
        run.send(state_dir, header, entries, templates=vectors or path.suffix.lower() == ".npz")
    run.tell(json=json, dry_run=dry_run)
    if (entries and not run.succeeded) or (strict and run.counts["refused"]):
        raise typer.Exit(1)


class Run:
    """One run of the command: counts, and writes down what was answered."""

    def __init__(self, journal: Journal | None, report: Report, progress: Progress) -> None:
        self._journal = journal
        self._report = report
        self._progress = progress
        self._task = progress.add_task("importing", total=None)
        self._reasons: Counter[str] = Counter()
        self._import_id = ""
        self.counts: Counter[str] = Counter(enrolled=0, known=0, pending=0, refused=0, done_before=0)

    @property
    def succeeded(self) -> bool:
        """Whether anything is enrolled now, or will be."""
        return any(self.counts[each] for each in ("enrolled", "known", "pending", "done_before"))

    def send(self, state: Path, header: pb.ImportFacesRequest, entries: Sequence[Entry], *, templates: bool) -> None:
        """Import the entries. Raises SightlineError, and says how to go on where somebody interrupts."""
        left = [entry for entry in entries if self._journal is None or entry not in self._journal]
        self.counts["done_before"] = len(entries) - len(left)
        self._import_id = header.import_id
        self._progress.update(self._task, total=len(left))

        async def work(stub: object) -> None:
            call = stub.ImportFaces  # type: ignore[attr-defined]  # grpcio's stubs have no types
            await ImportCall(call, header, self._answered, self._refused, templates=templates).run(left)

        try:
            ask(state, "import", work)
        except KeyboardInterrupt:
            raise FailedPrecondition("INTERRUPTED", "interrupted; the same with --resume goes on from here") from None

    def _answered(self, batch: Batch, response: pb.ImportFacesResponse) -> None:
        for item in response.items:
            self.counts[enum_word(pb.ImportOutcome, item.outcome)] += 1
            if item.HasField("problem"):
                self._note(item.key, item.problem.reason, item.problem.message)
        if self._journal is not None:
            self._journal.add(batch.entries)
        self._progress.advance(self._task, len(batch.entries))

    def _refused(self, refused: Refused) -> None:
        self.counts["refused"] += 1
        self._note(refused.entry.key, refused.reason, refused.message)
        self._progress.advance(self._task)

    def _note(self, item: str, reason: str, message: str) -> None:
        self._reasons[reason] += 1
        self._report.add(item, reason, message)

    def tell(self, *, json: bool, dry_run: bool) -> None:
        """Print what became of everything."""
        if json:
            waiting = {"import_id": self._import_id} if self.counts["pending"] else {}
            print_json({**self.counts, **waiting, "dry_run": dry_run, "reasons": dict(self._reasons)})
            return
        verb = "would be enrolled" if dry_run else "enrolled"
        parts = [f"{self.counts['enrolled']} {verb}", f"{self.counts['known']} were enrolled before"]
        if self.counts["done_before"]:
            parts.append(f"{self.counts['done_before']} done by an earlier run")
        if self.counts["pending"]:
            parts.append(f"{self.counts['pending']} wait for approval in import {self._import_id}")
        typer.echo(", ".join([*parts, f"{self.counts['refused']} refused"]))
        for reason, count in self._reasons.most_common():
            typer.echo(f"  {count} x {reason}")


class _Rate(ProgressColumn):
    """Faces a second."""

    def render(self, task: Task) -> Text:
        """Give the rate, as soon as there is one."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _progress(*, json: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    return Progress(*columns, console=Console(stderr=True), disable=json)
