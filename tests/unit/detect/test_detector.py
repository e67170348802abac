import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine


def test_a_device_that_is_not_there_is_refused(make_pack):
    """A detector for cuda on a machine without it is refused instead of running on the CPU."""
    with pytest.raises(FailedPrecondition, match="DEVICE_UNAVAILABLE"):
        open_detector(make_pack("scrfd"), Engine("cuda"))


def test_an_altered_file_is_refused(make_pack):
    """A weight file whose hash is not the pack's is not loaded."""
    pack = make_pack("yunet")
    path = pack.path(pack.detector.file("model"))
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + b" ")
    with pytest.raises(FailedPrecondition, match="MODEL_HASH_MISMATCH"):
        open_detector(pack, Engine("cpu"))
