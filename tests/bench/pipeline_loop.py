"""The plain loop: PyAV, insightface's FaceAnalysis and a NumPy search in one process; `PACK CLIP ENROLLED...`.

FaceAnalysis as its users open it, which looks at 128 and at 640 as detect does, and embeds every face it finds. Prints
one line of JSON: frames, faces, matches, seconds, CPU seconds. The models are loaded and warm before the clock starts.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from inference_plain import open_analysis
from pipeline_material import SAMPLE_FPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

THRESHOLD = 0.29
"""As in the pack."""


def sampled(clip: Path) -> Iterator[NDArray[np.uint8]]:
    """The clip's frames at the sample rate, (height, width, 3) BGR."""
    due = 0.0
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due - 0.0005:
                due += 1 / SAMPLE_FPS
                yield frame.to_ndarray(format="bgr24")


def main(pack: Path, clip: Path, enrolled: list[Path]) -> None:
    """One pass."""
    warnings.filterwarnings("ignore", "`estimate` is deprecated", FutureWarning)  # insightface's, at every face
    analysis = open_analysis(pack)
    gallery = np.stack([analysis.get(cv2.imread(str(path)))[0].normed_embedding for path in enrolled])
    frames = faces = matches = 0
    begin, cpu = time.perf_counter(), time.process_time()
    for picture in sampled(clip):
        frames += 1
        seen = analysis.get(picture)
        faces += len(seen)
        for face in seen:
            matches += int((gallery @ face.normed_embedding).max() >= THRESHOLD)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    found = {"frames": frames, "faces": faces, "matches": matches, "seconds": seconds, "cpu": cpu}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), list(map(Path, sys.argv[3:])))
