"""What the services cost around the networks: each beside the bare network and insightface, interleaved in one run.

    make bench-inference

Prints a table and writes out/bench/inference.json. A ratio is the median over the rounds of our rate ÷ the anchor's
rate in the same round; of several bare sessions the anchor is the one with the best median. Everybody shares this
machine, other people's work, too: the table says how many processors they took.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import structlog
from inference_clients import LOOKS, both_stages, detecting, embedding_stream, raw_image, shots_of
from inference_material import SHARED, decoded, group_pictures, is_there, make_pack
from inference_plain import analysing, bare_detectors, bare_embedders, open_analysis
from inference_report import print_report
from inference_services import running
from rich.console import Console

from sightline.v1.face_pb2 import Image

if TYPE_CHECKING:
    from inference_clock import Contender, Sample

OUT = Path(__file__).resolve().parents[2] / "out" / "bench" / "inference.json"
# ratio -> whose rate, and the anchors: the best of them counts. By the beginning of the contender's name.
RATIOS = {
    "detect_raw": ("detect raw, 640", "bare detect"),
    "detect_jpeg": ("detect JPEG, 640", "bare detect"),
    "detect_raw_as_shipped": ("detect raw, 128", "bare detect"),
    "detect_jpeg_as_shipped": ("detect JPEG, 128", "bare detect"),
    "embed_stream": ("embed NATS", "bare embed"),
    "vs_face_analysis": ("detect + embed", "FaceAnalysis"),
}
Samples = dict[str, list["Sample"]]


async def measure(rounds: int, console: Console) -> tuple[list[Contender], Samples]:
    """Every contender once a round, in an order that turns; a first round warms up and does not count."""
    jpegs = group_pictures()
    pictures = decoded(jpegs)
    with tempfile.TemporaryDirectory() as name:
        pack = make_pack(Path(name) / "pack")
        async with running(Path(name), pack) as services:
            analysis = open_analysis(pack)
            images = {
                "raw": [raw_image(picture) for picture in pictures],
                "JPEG": [Image(encoded=jpeg) for jpeg in jpegs],
            }
            contenders = [
                *bare_detectors(pictures),
                *(detecting(services, what, looks, images[what]) for what in images for looks in LOOKS),
                *bare_embedders(analysis, pictures),
                await embedding_stream(services, await shots_of(services, pictures)),
                analysing(analysis, pictures),
                both_stages(services, pictures),
            ]
            samples: Samples = {contender.name: [] for contender in contenders}
            for turn in range(rounds + 1):
                console.print(f"round {turn} of {rounds}" if turn else "warming up", style="dim")
                start = turn % len(contenders)
                for contender in contenders[start:] + contenders[:start]:
                    sample = await contender.sample()
                    if turn:
                        samples[contender.name].append(sample)
    return contenders, samples


def to_ratios(samples: Samples) -> dict[str, list[float]]:
    """One number a round."""
    found = {}
    for ratio, (ours, theirs) in RATIOS.items():
        (mine,) = (taken for name, taken in samples.items() if name.startswith(ours))
        anchors = [taken for name, taken in samples.items() if name.startswith(theirs)]
        anchor = max(anchors, key=lambda taken: median(sample.rate for sample in taken))
        found[ratio] = [one.rate / other.rate for one, other in zip(mine, anchor, strict=True)]
    return found


def main() -> None:
    """Measures, prints and writes."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5, help="at least 5 for figures that mean something")
    rounds = arguments.parse_args().rounds
    console = Console(stderr=True)
    if not is_there():
        console.print(f"bench-inference needs the weights and pictures in {SHARED}, which this machine does not have.")
        sys.exit(2)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    warnings.filterwarnings("ignore", "`estimate` is deprecated", FutureWarning)  # insightface's, at every face
    load = os.getloadavg()[0]
    contenders, samples = asyncio.run(measure(rounds, console))
    print_report(contenders, samples, to_ratios(samples), load)
    write(samples, load)


def write(samples: Samples, load: float) -> None:
    """The medians, and what they were made of."""
    ratios = {name: round(median(every), 3) for name, every in to_ratios(samples).items()}
    runs = {name: [vars(sample) for sample in taken] for name, taken in samples.items()}
    result = {"ratios": ratios, "rounds": len(next(iter(samples.values()))), "load_before": load, "runs": runs}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
