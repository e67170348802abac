"""What the command prints: tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from sightline.cli.column_widths import column_widths

JsonOption = Annotated[bool, typer.Option("--json", help="JSON for programs, instead of a table.")]

# Columns whose values name a row wherever they stand.
_IDS = frozenset({"id", "receipt"})


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_json_line(value: Any) -> None:
    """Print a value as JSON on one line, for streams of them."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def as_dict(message: Message) -> dict[str, Any]:
    """Give a message as JSON has it: names as in the proto, fields without a value included."""
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under columns, or one sentence where there are none."""
    console = Console()
    # As text: a name in square brackets is a name, not markup.
    cells = [[cell if isinstance(cell, Text) else Text(str(cell)) for cell in row] for row in rows]
    # Nothing is cut off: what names the row (its id, which other commands take; else the first column) stays on one
    # line, but for what is so long (a path) that it would leave the others no room; the rest goes on in the next.
    name = next((place for place, column in enumerate(columns) if column in _IDS), 0)
    named_on_a_line = all(row[name].cell_len <= console.width // 2 for row in cells)
    texts = [[column, *(row[place].plain for row in cells)] for place, column in enumerate(columns)]
    widths = column_widths(texts, console.width, name if named_on_a_line else None)
    table = Table(header_style="bold", box=None, pad_edge=False)
    for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(column, overflow="fold", no_wrap=place == name and named_on_a_line, width=width)
    for row in cells:
        table.add_row(*row)
    console.print(table if cells else Text(empty))


def progress_bar() -> Progress:
    """Give a bar on stderr with what is done, how much of it, and the time left; it goes when it ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def print_error(reason: str, message: str) -> None:
    """Print to stderr what is wrong and what to do."""
    Console(stderr=True).print(Text.assemble(("error ", "bold red"), (f"{reason}: ", "red"), message), soft_wrap=True)
