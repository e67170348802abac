"""How often a track has two people, and who is then missed or named wrongly: where one takes another's place.

    python tests/bench/tracking_mixed.py [--scenes 5] [--seed 11]

Made scenes in which people cross, queue at a door and step in front of each other, seen at 1, 2 and 3 frames a second;
tracker, choice of shots and decision are those of the pipeline, the models SCRFD-2.5g and MobileFaceNet. Heads are
pictures that do not turn, so shots of one person are more alike than a camera's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from inference_material import is_there, make_pack
from rich.console import Console
from rich.table import Table
from tracking_clip import NOBODY, Clip, made_clip
from tracking_people import paint, people
from tracking_walks import SWAPS, Scene, Walk

from sightline.chassis.fusion import fused
from sightline.chassis.pack import load_pack
from sightline.chassis.shot_choice import ShotChoice
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.embed.embedder import open_embedder
from sightline.ingest.tracker import FaceTracker
from sightline.match.tracks import Track
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from tracking_people import Person

    from sightline.detect.detector import FaceDetector
    from sightline.embed.embedder import FaceEmbedder

OUT = Path(__file__).resolve().parents[2] / "out" / "bench" / "tracking_mixed.json"
RATES = (1, 2, 3)


@dataclass(frozen=True)
class Shot:
    """A view that ingest would send, and whose it is in truth."""

    person: str
    quality: float
    template: NDArray[np.float32]


Followed: TypeAlias = "tuple[set[str], list[Shot]]"
"""Whose faces it took, and the shots of it that are sent, in their order."""
Decide: TypeAlias = "Callable[[Sequence[Shot], float], list[NDArray[np.float32]]]"
"""From the shots of a track, and the cosine of the pack, to the templates that are looked for."""


def all_together(shots: Sequence[Shot], _: float) -> list[NDArray[np.float32]]:
    """One template of all."""
    return [fused((shot.quality, shot.template) for shot in shots)]


def shot_by_shot(shots: Sequence[Shot], least: float) -> list[NDArray[np.float32]]:
    """As match does for cameras: for each shot that comes, those so far that are like it."""
    track, found = Track("", records_pb2.TrackRecord(), None), []
    for number, shot in enumerate(shots):
        track.add(str(number), shot.quality, shot.template)
        found.append(track.fused(str(number), least))
    return found


def by_the_best(shots: Sequence[Shot], least: float) -> list[NDArray[np.float32]]:
    """Those that are like the best, and nobody else."""
    return everybody(shots, least)[:1]


def everybody(shots: Sequence[Shot], least: float) -> list[NDArray[np.float32]]:
    """As match does for stored video: each person whom the shots show."""
    track = Track("", records_pb2.TrackRecord(), None)
    for number, shot in enumerate(shots):
        track.add(str(number), shot.quality, shot.template)
    return [person.vector for person in track.people(least)]


RULES: dict[str, Decide] = {
    "all fused": all_together, "the best one's": by_the_best, "cameras": shot_by_shot, "stored video": everybody,
}  # fmt: skip


def tracks_of(clip: Clip) -> list[Followed]:
    """Follows and chooses as ingest does."""
    tracker, tracks = FaceTracker(), defaultdict(lambda: (set(), [], ShotChoice(), []))
    for moment in clip.moments:
        update = tracker.update(moment.time_s, moment.faces, clip.size, moment.looks)
        for place, name in enumerate(update.assigned):
            if name is None or not moment.faces[place].is_sure:
                continue
            took, sent, choice, kept = tracks[name]
            shot = Shot(moment.people[place], moment.faces[place].quality.overall, moment.templates[place])
            took.add(shot.person)
            if choice.take(shot.quality):
                sent.append(shot)
            elif choice.keep_back(shot.quality):
                kept[:] = [shot]
    return [(took - {NOBODY}, sent or kept) for took, sent, _, kept in tracks.values()]


def judge(
    tracks: Sequence[Followed], clip: Clip, enrolled: dict[str, NDArray[np.float32]], least: float
) -> Counter[str]:
    """Counts of one clip."""
    found = Counter(appearances=len(clip.present), tracks=len(tracks))
    found["tracks of two"] = sum(len(took) > 1 for took, _ in tracks)
    found["with shots of two"] = sum(len({shot.person for shot in shots} - {NOBODY}) > 1 for _, shots in tracks)
    found["people without a shot"] = len(clip.present - {shot.person for _, shots in tracks for shot in shots})
    names, gallery = list(enrolled), np.stack(list(enrolled.values()))
    for rule, decide in RULES.items():
        named: set[str] = set()
        for took, shots in tracks:
            scores = np.stack(decide(shots, least)) @ gallery.T
            said = {names[int(each.argmax())] for each in scores if each.max() >= least}
            named |= said & took
            found[f"{rule}: wrong"] += len(said - took)
        found[f"{rule}: missed"] = len(clip.present - named)
    return found


def measure(scenes: int, seed: int) -> dict[str, Counter[str]]:
    """By kind and rate, and all together."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as folder:
        pack = load_pack(make_pack(Path(folder) / "pack"))
        detector, embedder = open_detector(pack, Engine("cpu")), open_embedder(pack, "cpu")
        cast = people(detector)
        for number in range(scenes * len(SWAPS)):
            random = np.random.default_rng([seed, number])
            scene = SWAPS[number % len(SWAPS)](random)
            chosen = [cast[place] for place in random.permutation(len(cast))[: len(scene.walks)]]
            enrolled = {str(place): portrait(person, detector, embedder) for place, person in enumerate(chosen)}
            for fps in RATES:
                clip = made_clip(scene, chosen, fps, detector, random, embedder)
                found = judge(tracks_of(clip), clip, enrolled, pack.embedder.threshold)
                for key in (f"{scene.name}, {fps} fps", "all"):
                    counts[key] += found
    return counts


def portrait(person: Person, detector: FaceDetector, embedder: FaceEmbedder) -> NDArray[np.float32]:
    """A template of them, alone and near."""
    alone = Scene("portrait", 1.0, (Walk(0.0, 1.0, np.array([(640, 360, 200), (640, 360, 200)])),))
    picture, _ = paint(alone, [person], 0.5)
    face = max(detector.detect(picture), key=lambda face: face.side)
    return embedder.embed([embedder.align(picture, face.landmarks)])[0]


def main() -> None:
    """Runs everything, prints it, and writes it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=5, help="made scenes of each of three kinds")
    parser.add_argument("--seed", type=int, default=11, help="of the made scenes")
    arguments = parser.parse_args()
    if not is_there():
        raise SystemExit("NOT MEASURED: needs ../shared with its weights and portraits.")
    counts = measure(arguments.scenes, arguments.seed)
    table = Table("", *counts["all"])
    for key, found in counts.items():
        table.add_row(key, *(str(found[name]) for name in counts["all"]))
    Console().print(table, highlight=False)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"seed": arguments.seed, "scenes": arguments.scenes, "counts": counts}, indent=2) + "\n")


if __name__ == "__main__":
    main()
