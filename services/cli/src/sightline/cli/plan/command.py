"""`sightline plan`: how large an installation has to be."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.output import JsonOption, print_json, print_table
from sightline.cli.plan.limits import limits
from sightline.cli.plan.report import breaks, document, facts, rows
from sightline.cli.plan.sizing import Load, need


def plan(
    cameras: Annotated[int, typer.Option(min=1, max=1_000_000, help="1080p.")] = 10,
    fps: Annotated[float, typer.Option(min=0.1, max=60, help="Frames of each that are looked at in a second.")] = 5.0,
    faces: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="Enrolled.")] = 10_000,
    moving: Annotated[float, typer.Option(min=0, max=1, help="Share of time in which something moves.")] = 0.5,
    tracks: Annotated[float, typer.Option(min=0.001, help="Appearances of faces before a camera in an hour.")] = 60.0,
    shots: Annotated[float, typer.Option(min=1, max=4, help="Pictures of each that are embedded.")] = 2.0,
    alerts: Annotated[float, typer.Option(min=0, help="Of all cameras in a day.")] = 200.0,
    retention: Annotated[int, typer.Option(min=1, help="Days for which alerts are kept.")] = 31,
    write: Annotated[Path | None, typer.Option(help="Write the table of sizes to this file instead.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what an installation needs, and what gives way first: a sum over figures that were measured on two cores.

    deploy/capacity.md has the table of sizes, every figure with its source, and what was not measured.
    """
    if write:
        write.write_text(document(), encoding="utf-8")
        return
    load = Load(cameras, fps, faces, moving, tracks, shots, alerts, retention)
    needed = need(load)
    if as_json:
        print_json(
            {"load": asdict(load), "need": asdict(needed), "limits": [asdict(each) for each in limits(load, needed)]}
        )
        return
    print_table(["SERVICE", "CORES", "REPLICAS", "MEMORY"], rows(needed), empty="nothing")
    for line in (*facts(load, needed), "", "what gives way first, but processors:", *breaks(load, needed)):
        typer.echo(line)
