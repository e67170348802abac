"""Protobuf's wire format."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.chassis.wire import get_floats, put_floats
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

NUMBERS = np.array([0.5, -1.0, np.nan, np.inf, 3e-39], "<f4")


@pytest.mark.parametrize("count", [1, 5, 512])
def test_numbers_come_out_as_they_were_put_in(count):
    """Whatever they are, they are the same bytes, and the same numbers as protobuf itself gives."""
    numbers = np.resize(NUMBERS, count)
    template = pb.TrustedTemplate(embedder_id="e" * 26)
    put_floats(template, template.VECTOR_FIELD_NUMBER, numbers.tobytes())
    assert get_floats(template, template.VECTOR_FIELD_NUMBER, count) == numbers.tobytes()
    assert np.array_equal(np.array(template.vector, "<f4"), numbers, equal_nan=True)


def test_another_count_or_another_place_is_nothing():
    """Too few, too many, none, and numbers behind another field are told apart: whoever asks reads them otherwise."""
    template = pb.TrustedTemplate(vector=[1.0, 2.0, 3.0], embedder_id="e" * 26)
    assert get_floats(template, 1, 3) == np.array([1, 2, 3], "<f4").tobytes()
    assert [get_floats(template, 1, count) for count in (0, 2, 4, 512)] == [None] * 4
    assert get_floats(pb.TrustedTemplate(embedder_id="e" * 26), 1, 3) is None
    record = records_pb2.FaceRecord(face=pb.EnrolledFace(id="f"), vector=[1.0, 2.0, 3.0])
    assert get_floats(record, record.VECTOR_FIELD_NUMBER, 3) is None
