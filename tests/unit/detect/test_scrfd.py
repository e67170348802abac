import hashlib

import numpy as np
import onnx
import pytest
from insightface.model_zoo.scrfd import SCRFD

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.pack import ModelFile
from sightline.chassis.session_pool import SessionPool
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.scrfd import Scrfd


def _reference(path, sizes):
    reference = SCRFD(str(path))
    reference.prepare(-1, input_size=sizes, det_thresh=0.5)
    return lambda picture: reference.detect(np.ascontiguousarray(picture[:, :, ::-1]))


def _pack_with(pack, path, input_size):
    """The pack with another detector file, declared to have that input size."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    file = ModelFile(role="model", path=path.name, sha256=sha256, source_sha256=sha256)
    detector = pack.detector.model_copy(update={"files": (file,), "input_size": input_size})
    return pack.model_copy(update={"detector": detector, "folder": path.parent})


def _assert_equal(faces, boxes, landmarks):
    assert len(faces) == len(boxes)
    for face, box, points in zip(faces, boxes, landmarks, strict=True):
        sides = np.minimum(face.box[2:], box[2:4]) - np.maximum(face.box[:2], box[:2])
        shared = sides.prod()
        union = np.prod(face.box[2:] - face.box[:2]) + np.prod(box[2:4] - box[:2]) - shared
        assert shared / union >= 0.99
        assert np.abs(face.landmarks - points).max() < 0.5
        assert abs(face.score - box[4]) < 1e-3


def test_numerics_faces_equal_insightface(make_pack, shared_models, sample_paths, load_picture):
    """Boxes, landmarks, scores and their order are those of insightface at the same input sizes."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    reference = _reference(shared_models / "scrfd_2.5g_kps.onnx", [(128, 128), (640, 640)])
    found = 0
    for path in sample_paths:
        picture = load_picture(path)
        faces = detector.detect(picture)
        _assert_equal(faces, *reference(picture))
        found += len(faces)
    assert found > len(sample_paths)


def test_numerics_a_graph_of_fixed_size_equals_insightface(
    make_pack, shared_models, tmp_path, sample_paths, load_picture
):
    """A file whose input is fixed at 320 x 320 is used at that size; a pack that declares another is refused."""
    model = onnx.load(shared_models / "scrfd_500m_kps.onnx")
    for axis in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 320
    path = tmp_path / "scrfd_320.onnx"
    onnx.save(model, path)
    with pytest.raises(FailedPrecondition, match=r"MODEL_UNSUITABLE.*320 x 320"):
        open_detector(_pack_with(make_pack("scrfd"), path, (640, 640)), Engine("cpu"))
    detector = open_detector(_pack_with(make_pack("scrfd"), path, (320, 320)), Engine("cpu"))
    reference = _reference(path, [(320, 320)])
    for picture in map(load_picture, sample_paths[:6]):
        _assert_equal(detector.detect(picture), *reference(picture))


def test_the_batched_form_finds_the_same(make_pack, sample_paths, load_picture):
    """A file with a batch axis gives the faces of the file without."""
    plain, batched = (open_detector(make_pack(kind), Engine("cpu")) for kind in ("scrfd", "scrfd_batched"))
    for picture in map(load_picture, sample_paths[:4]):
        for one, other in zip(plain.detect(picture), batched.detect(picture), strict=True):
            assert np.abs(one.box - other.box).max() < 0.01


def test_faces_that_fill_a_large_picture_are_found(make_pack, load_picture):
    """In a 1,600 px portrait of two people both are found, which one look at a large size misses."""
    assert len(open_detector(make_pack("scrfd"), Engine("cpu")).detect(load_picture("groups/couple.jpg"))) == 2


def test_odd_shapes_are_searched(make_pack, load_picture):
    """Very wide, very tall and one-pixel pictures give a list, not an error."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    for name in ["pano_6000x300.jpg", "tall_300x6000.jpg", "s_1x1.png", "black.jpg"]:
        assert len(detector.detect(load_picture(f"formats/{name}"))) <= 1
    assert detector.detect(np.zeros((4000, 1, 3), np.uint8)) == []


def test_min_face_drops_smaller_ones(make_pack, load_picture):
    """With min_face only faces of that side and more come back."""
    detector = open_detector(make_pack("scrfd"), Engine("cpu"))
    picture = load_picture("groups/000_5.jpg")
    sides = sorted(face.side for face in detector.detect(picture))
    kept = detector.detect(picture, min_face=int(sides[2]))
    assert sorted(face.side for face in kept) == sides[2:]


def test_a_graph_that_is_no_scrfd_is_refused(shared_models):
    """An embedder named as a detector is refused when it is opened, not at the first picture."""
    pool = SessionPool.open(shared_models / "mobilefacenet_y1.onnx", "cpu")
    with pytest.raises(FailedPrecondition, match="MODEL_UNSUITABLE"):
        Scrfd(pool, 0.5)
