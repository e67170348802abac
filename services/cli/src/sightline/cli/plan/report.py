"""The sum as people read it: one size on the terminal, and the table of `deploy/capacity.md`."""

from collections.abc import Iterator
from dataclasses import replace

from sightline.cli.plan import figures as known
from sightline.cli.plan.figures import Figure
from sightline.cli.plan.limits import accuracy, limits
from sightline.cli.plan.sizing import BUSY, EDGE_FACES, Load, Need, need

CAMERAS = (10, 100, 1_000, 10_000)
FACES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
MACHINE = 64
"""Cores of one machine."""
_HEAD = """# Capacity

What an installation needs, by cameras and by enrolled faces. `sightline plan --write deploy/capacity.md` writes this
file; a test compares the two. `sightline plan --cameras 500 --fps 5 --faces 300000` does the same sum with figures of
your own. It is a sum over what was measured on two cores, and no measurement of these sizes.
"""


def rows(needed: Need) -> list[tuple[str, str, str, str]]:
    """Give a line for each service: cores, replicas of two cores, memory."""
    return [
        (name, f"{cores:.1f}", str(needed.replicas[name]), _bytes(needed.memory[name]))
        for name, cores in needed.cores.items()
    ]


def facts(load: Load, needed: Need) -> list[str]:
    """Give what does not belong to one service."""
    index = "in match" if load.faces <= EDGE_FACES else "for each copy in a Qdrant server, by formula"
    return [
        f"frames to detect: {needed.frames_per_second:,.0f}/s; faces to embed: {load.shots_per_second:,.1f}/s",
        f"broker: {_broker(needed)}",
        f"broker's disk: ledger {_bytes(needed.ledger_bytes)}, alerts {_bytes(needed.alert_bytes)}",
        f"index: {_bytes(needed.memory['index'])} {index}",
        accuracy(needed),
    ]


def breaks(load: Load, needed: Need) -> list[str]:
    """Give what gives way first, the nearest first."""
    return [
        f"{'PASSED' if each.share > 1 else f'at {each.share:.0%}'}  {each.what}. What helps: {each.helps}"
        for each in limits(load, needed)
    ]


def document() -> str:
    """Write `deploy/capacity.md`."""
    base = Load(cameras=100, fps=5, faces=100_000)
    return "\n".join([_HEAD, *_by_cameras(base), "", *_by_faces(base), "", *_assumptions(base), ""])


def _by_cameras(base: Load) -> Iterator[str]:
    yield f"## By cameras\n\nWith {base.faces:,} enrolled faces, 5 frames a second, on processors alone.\n"
    yield (
        f"| cameras | cores | machines of {MACHINE} cores | of them for detect | replicas of ingest, detect, embed | "
        "broker | what gives way first, but processors | what helps |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for cameras in CAMERAS:
        load = replace(base, cameras=cameras, alerts=base.alerts * cameras / base.cameras)
        needed = need(load)
        cores, detect = sum(needed.cores.values()), needed.cores["detect"]
        places = ", ".join(f"{needed.replicas[name]:,}" for name in ("ingest", "detect", "embed"))
        first = limits(load, needed)[0]
        yield (
            f"| {cameras:,} | {cores:,.0f} | {cores / MACHINE:.1f} | {detect / cores:.0%} | {places} | "
            f"{_broker(needed)} | at {first.share:.0%}: {first.what} | {first.helps} |"
        )


def _by_faces(base: Load) -> Iterator[str]:
    yield f"## By enrolled faces\n\nWith {base.cameras} cameras.\n"
    yield "| faces | index | its memory | ledger on disk | the searching process | FMR for one false alarm a day |"
    yield "|---|---|---|---|---|---|"
    for faces in FACES:
        needed = need(replace(base, faces=faces))
        where, note = ("in match", "") if faces <= EDGE_FACES else ("Qdrant server", " a copy, by formula")
        search = "not measured" if needed.search_load is None else f"busy {needed.search_load:.1%}"
        memory, ledger = _bytes(needed.memory["index"]), _bytes(needed.ledger_bytes)
        yield f"| {faces:,} | {where} | {memory}{note} | {ledger} | {search} | {needed.false_match_rate:.0e} |"
    said = accuracy(need(base))
    yield (
        f"\nAccuracy gives way long before machines do. With {base.faces:,} faces, {said}. `sightline threshold "
        "explain` shows the sum of a watchlist."
    )


def _assumptions(base: Load) -> Iterator[str]:
    yield "## What it stands on\n"
    yield (
        f"Assumed, and to be given for your own: something moves {base.moving:.0%} of the time (`--moving`), "
        f"{base.tracks:.0f} appearances of faces an hour before each camera (`--tracks`), {base.shots:.0f} pictures of "
        f"each (`--shots`), {base.alerts / base.cameras:.0f} alerts a day for each camera (`--alerts` for all), kept "
        f"for {base.retention} days. Planned up to {BUSY:.0%} of a core. GPUs are not in it: `make bench-inference` on "
        "yours says how many frames a second it takes.\n"
    )
    yield "| figure | value | from |"
    yield "|---|---|---|"
    for name, figure in vars(known).items():
        if isinstance(figure, Figure):
            yield f"| {name.lower().replace('_', ' ')} | {figure.value:,.4g} {figure.unit} | {figure.source} |"
    for most, seconds, source in known.SEARCH_TIMES:
        yield f"| search, to {most:,} faces | {seconds * 1000:.4g} ms | {source}; `make bench-search` |"


def _broker(needed: Need) -> str:
    return f"{_bytes(needed.broker_bytes_per_second)}/s, {needed.broker_writes_per_second:,.0f} messages/s"


def _bytes(number: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 1e3:,.1f} kB"
