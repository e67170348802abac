"""The conversion of published weights to ONNX, in a process of its own.

MTCNN's weights are pickles, which run code when they are read. The process that reads them gets four files
whose hashes were checked, a folder to write to, and nothing of the caller's environment.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sightline.chassis.errors import FailedPrecondition, SightlineError
from sightline.cli.models.dlib_graph import dlib_onnx
from sightline.cli.models.dlib_weights import read_dlib_resnet
from sightline.cli.models.mtcnn_graph import mtcnn_onnx
from sightline.cli.models.mtcnn_weights import read_mtcnn

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
    command = [sys.executable, "-E", "-P", "-m", "sightline.cli.models.conversion"]
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


def convert_file(role: str, path: Path) -> bytes:
    """The ONNX file of one weight file. For pnet, rnet and onet this unpickles: never call it in a server.

    Raises:
        InvalidInput: WEIGHTS_INVALID.
    """
    if role == "resnet":
        return dlib_onnx(read_dlib_resnet(path.read_bytes()))
    return mtcnn_onnx(role, read_mtcnn(path, role))


def main(arguments: list[str]) -> int:
    """Convert `role=path` arguments to the folder that comes before them; the exit code."""
    folder = Path(arguments[0])
    try:
        for argument in arguments[1:]:
            role, _, path = argument.partition("=")
            (folder / OUTPUTS[role]).write_bytes(convert_file(role, Path(path)))
    except (SightlineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
