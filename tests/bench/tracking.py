"""The tracker of ingest on clips of which is known who is where, beside plain greedy overlap, in the same run.

    python tests/bench/tracking.py [--scenes 2] [--seed 7]

The clips are the shared video `cctv_public.mp4`, and made scenes: heads of the shared portraits that cross, meet, pass
behind a pillar, follow one another, mill about and approach, found by SCRFD-2.5g at 2, 3 and 5 frames a second. Every
contender is given the same faces. Counted are switches (a track goes from one person to another), fragments (a further
track of one appearance) and missed appearances (nobody's track is theirs); see tracking_score.py. Writes
out/bench/tracking.json. Made scenes are easier than the street in that heads do not turn gradually, and harder in that
people walk fast and close to the camera; they are for comparing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from inference_material import is_there, make_pack
from rich.console import Console
from rich.table import Table
from tracking_clip import Clip, made_clip
from tracking_greedy import GreedyTracker
from tracking_people import people
from tracking_score import Mistakes, mistakes
from tracking_video import CctvVideo
from tracking_walks import FAMILIES

from sightline.chassis.pack import load_pack
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.embed.embedder import open_embedder
from sightline.ingest.tracker import FaceTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tracking_clip import Moment

ROOT = Path(__file__).resolve().parents[2]
RATES = (2, 3, 5)

Follow: TypeAlias = "Callable[[Moment], list[str | None]]"
Scores: TypeAlias = dict[str, dict[str, Mistakes]]
"""Of each contender: name of the clips, or rate -> mistakes."""


def ours(clip: Clip) -> Follow:
    """The tracker as ingest uses it."""
    tracker = FaceTracker()
    return lambda moment: tracker.update(moment.time_s, moment.faces, clip.size, moment.looks).assigned


def without_looks(clip: Clip) -> Follow:
    """By motion alone."""
    tracker = FaceTracker()
    return lambda moment: tracker.update(moment.time_s, moment.faces, clip.size).assigned


def greedy(_: Clip) -> Follow:
    """The reference."""
    tracker = GreedyTracker()
    return lambda moment: tracker.follow(moment.time_s, moment.faces)


CONTENDERS = {"sightline": ours, "without looks": without_looks, "greedy overlap": greedy}


def clips(scenes: int, seed: int) -> Iterator[Clip]:
    """The video and so many made scenes of each family, at each rate."""
    with tempfile.TemporaryDirectory() as folder:
        pack = load_pack(make_pack(Path(folder) / "pack"))
        detector = open_detector(pack, Engine("cpu"))
        video, cast = CctvVideo(detector, open_embedder(pack, "cpu")), people(detector)
        yield from (video.clip(fps) for fps in RATES)
        for number in range(scenes * len(FAMILIES)):
            random = np.random.default_rng([seed, number])
            scene = FAMILIES[number % len(FAMILIES)](random)
            chosen = [cast[place] for place in random.permutation(len(cast))[: len(scene.walks)]]
            yield from (made_clip(scene, chosen, fps, detector, random) for fps in RATES)


def judge(clip: Clip, follow: Follow) -> Mistakes:
    """What one contender gets wrong on one clip."""
    sightings = []
    for moment in clip.moments:
        pairs = zip(follow(moment), moment.people, strict=True)
        sightings += [(track, person) for track, person in pairs if track is not None]
    return mistakes(sightings, clip.present)


def compare(every: Iterator[Clip]) -> tuple[Scores, float]:
    """All contenders on all clips, and the milliseconds that a frame took ours, without describing faces."""
    scores: Scores = {name: defaultdict(Mistakes) for name in CONTENDERS}
    frames, seconds = 0, 0.0
    for clip in every:
        for name, contender in CONTENDERS.items():
            begin = time.perf_counter()
            found = judge(clip, contender(clip))
            if contender is ours:
                frames, seconds = frames + len(clip.moments), seconds + time.perf_counter() - begin
            for key in (clip.name, f"{clip.fps} fps", "all"):
                scores[name][key] += found
    return scores, 1000 * seconds / frames


def report(scores: Scores, frame_ms: float) -> None:
    """Prints switches / fragments / missed of each contender, by clip and by rate."""
    table = Table("", "appearances", *scores, title="switches / fragments / missed")
    keys = scores["sightline"]
    for key in sorted(keys, key=lambda key: (key == "all", key.endswith("fps"), key)):
        cells = [
            f"{each.switches} / {each.fragments} / {each.missed}" for each in (scores[name][key] for name in scores)
        ]
        table.add_row(key, str(keys[key].appearances), *cells)
    Console().print(table, f"A frame takes the tracker {frame_ms:.2f} ms.", highlight=False)


def main() -> None:
    """Runs everything, prints it, and writes it down."""
    parser = argparse.ArgumentParser(description="Measure the tracker beside plain greedy overlap.")
    parser.add_argument("--scenes", type=int, default=2, help="made scenes of each of six kinds")
    parser.add_argument("--seed", type=int, default=7, help="of the made scenes")
    arguments = parser.parse_args()
    if not is_there():
        raise SystemExit("NOT MEASURED: needs ../shared with its weights, portraits and videos.")
    scores, frame_ms = compare(clips(arguments.scenes, arguments.seed))
    report(scores, frame_ms)
    result = {name: {key: asdict(each) for key, each in by.items()} for name, by in scores.items()}
    out = ROOT / "out" / "bench" / "tracking.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    facts = {"seed": arguments.seed, "scenes": arguments.scenes, "tracker_ms_per_frame": round(frame_ms, 3)}
    out.write_text(json.dumps({**facts, "contenders": result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
