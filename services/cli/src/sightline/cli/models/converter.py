"""The process that converts published weights to ONNX; `conversion` starts it, and nobody else imports it."""

import sys
from pathlib import Path

from sightline.chassis.errors import SightlineError
from sightline.cli.models.conversion import OUTPUTS
from sightline.cli.models.dlib_graph import dlib_onnx
from sightline.cli.models.dlib_weights import read_dlib_resnet
from sightline.cli.models.mtcnn_graph import mtcnn_onnx
from sightline.cli.models.mtcnn_weights import read_mtcnn


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
