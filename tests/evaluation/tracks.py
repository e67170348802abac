"""What fusion is worth: each pack on tracks made of the shared portraits, as clips or as the pictures themselves.

    make evaluate-tracks

Of each person with four pictures or more there are two tracks, of different pictures. In a clip each picture moves
across a grey wall for a second, small, in changing light, now and then out of focus, and goes through H.264.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from clips import write_clip
from evaluation_packs import PACKS, SHARED, pack_folder
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

OUT = Path(__file__).resolve().parents[2] / "out" / "evaluation"
FEWEST, MOST_A_TRACK = 4, 3
FPS, WIDTH, HEIGHT, SIDE = 3, 480, 360, 220


def main() -> None:
    """Makes the tracks where they are missing, and a report for each pack."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", choices=sorted(PACKS), help="one pack")
    arguments.add_argument("--kind", choices=("clips", "pictures"), default="clips")
    wanted, console = arguments.parse_args(), Console()
    if not (SHARED / "media" / "manifest.csv").is_file():
        console.print(f"evaluate-tracks needs the pictures in {SHARED}, which this machine does not have.")
        sys.exit(2)
    made = OUT / f"tracks-{wanted.kind}" / "tracks.csv"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        write_manifest(made, wanted.kind)
    for name in [wanted.only] if wanted.only else PACKS:
        report = OUT / f"{name}-{wanted.kind}"
        command = [sys.executable, "-m", "sightline.cli", "evaluate", str(made), "--report", str(report)]
        command += ["--pack", str(pack_folder(name, OUT / "packs")), "--state-dir", str(report / "no-installation")]
        console.print(f"{name}, {wanted.kind}")
        subprocess.run(command, check=True)


def write_manifest(path: Path, kind: str) -> None:
    """Writes the list of tracks, and the clips beside it."""
    with path.with_suffix(".draft").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("path", "identity", "track"))
        for person, track, pictures in tracks():
            if kind == "pictures":
                rows.writerows((picture, person, track) for picture in pictures)
            else:
                clip = path.parent / f"{person}-{track}.mp4"
                write_clip(clip, frames(pictures, seed=hash_of(clip.name)), FPS, preset="ultrafast", crf="28")
                rows.writerow((clip, person, track))
    path.with_suffix(".draft").replace(path)


def tracks() -> Iterator[tuple[str, str, list[Path]]]:
    """Person, name of the track, and its pictures; two tracks of each person who has pictures enough."""
    media = SHARED / "media"
    people: dict[str, list[Path]] = {}
    with (media / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["category"] == "portrait" and row["identity"]:
                people.setdefault(row["identity"], []).append(media / row["path"])
    for person, pictures in sorted(people.items()):
        if len(pictures) >= FEWEST:
            half = len(pictures) // 2
            yield person, "first", sorted(pictures)[:half][:MOST_A_TRACK]
            yield person, "second", sorted(pictures)[half:][:MOST_A_TRACK]


def frames(pictures: list[Path], seed: int) -> Iterator[NDArray[np.uint8]]:
    """The frames of a clip, (height, width, 3) RGB; the same each time."""
    random = np.random.default_rng(seed)
    for path in pictures:
        picture = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        scale = SIDE / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        start, step = random.integers(0, (WIDTH - SIDE) // 2), random.integers(10, 30)
        for number in range(FPS):
            yield spoilt(on_wall(small, int(start + number * step), int(random.integers(0, HEIGHT - SIDE))), random)


def on_wall(picture: NDArray[np.uint8], left: int, top: int) -> NDArray[np.uint8]:
    """The picture in front of a grey wall."""
    frame = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    height, width = picture.shape[:2]
    frame[top : top + height, left : left + width] = picture[:, : WIDTH - left]
    return frame


def spoilt(frame: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """In other light, a little out of focus, with the noise of a sensor."""
    light = (255 * (np.arange(256) / 255) ** random.uniform(0.6, 1.8)).astype(np.uint8)
    blurred = cv2.GaussianBlur(light[frame], (0, 0), random.choice((0.6, 1.2, 2.5)))
    noise = random.standard_normal(frame.shape, np.float32) * random.uniform(2, 10)
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)


def hash_of(name: str) -> int:
    """A number that is the same in each run."""
    return int.from_bytes(name.encode()[-8:], "big")


if __name__ == "__main__":
    main()
