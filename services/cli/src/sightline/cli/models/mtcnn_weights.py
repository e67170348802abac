"""MTCNN's published weights: joblib dumps of plain lists of arrays.

Reading one runs whatever its pickle says, so this happens in the conversion's child process only, after the
file's hash was checked.
"""

from pathlib import Path

import joblib
import numpy as np

from sightline.chassis.errors import InvalidInput
from sightline.cli.models.graph import Floats

ARRAYS = {"pnet": 13, "rnet": 16, "onet": 21}


def read_mtcnn(path: Path, network: str) -> list[Floats]:
    """The network's float32 arrays in layer order.

    Raises:
        InvalidInput: WEIGHTS_INVALID when the file holds anything else.
    """
    arrays = joblib.load(path)
    if not isinstance(arrays, list) or len(arrays) != ARRAYS[network]:
        raise InvalidInput("WEIGHTS_INVALID", f"{path.name} is no list of {network}'s {ARRAYS[network]} arrays")
    if any(not isinstance(array, np.ndarray) or array.dtype != np.float32 for array in arrays):
        raise InvalidInput("WEIGHTS_INVALID", f"{path.name} holds something other than float32 arrays")
    return arrays
