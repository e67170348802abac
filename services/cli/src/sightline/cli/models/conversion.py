"""The conversion of published weights to ONNX, in a process of its own.

MTCNN's weights are pickles, which run code when they are read. The process that reads them gets four files
whose hashes were checked, a folder to write to, and nothing of the caller's environment.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition

# Raise it when the same weights come to give other vectors: stored embeddings are then not comparable any more.
CONVERTER = "1"
OUTPUTS = {
    "pnet": "mtcnn_pnet.onnx",
    "rnet": "mtcnn_rnet.onnx",
    "onet": "mtcnn_onet.onnx",
    "resnet": "dlib_face_resnet_v1.onnx",
}
TIMEOUT_SECONDS = 300


def convert(weights: Mapping[str, Path], folder: Path) -> None:
    """Write the ONNX files of the weights (role -> verified file) to a folder, by a child process.

    Raises:
        FailedPrecondition: CONVERSION_FAILED, with what the child said last.
    """
    arguments = [f"{role}={path.resolve()}" for role, path in weights.items()]
    command = [sys.executable, "-E", "-P", "-m", "sightline.cli.models.converter"]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, our own arguments
            [*command, str(folder.resolve()), *arguments],
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FailedPrecondition("CONVERSION_FAILED", f"no result in {TIMEOUT_SECONDS} s; try again") from error
    if child.returncode:
        said = (child.stderr.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        raise FailedPrecondition("CONVERSION_FAILED", f"the weights could not be converted: {said}")
