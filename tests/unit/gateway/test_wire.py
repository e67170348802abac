"""JSON 1.1 as it is read and written."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.model import load_model
from sightline.gateway.rekognition.wire import decoded, encoded

MODEL = load_model()


def read(shape="IndexFacesRequest", **members):
    return decoded(json.dumps(members).encode(), shape, MODEL)


def test_members_have_the_models_types():
    """base64 becomes bytes, 5.0 five; null and what nobody knows are as if they were not there."""
    request = read(CollectionId="c", Image={"Bytes": "aGk=", "Zoom": 2}, MaxFaces=5.0, ExternalImageId=None, Extra=1)
    assert request == {"CollectionId": "c", "Image": {"Bytes": b"hi"}, "MaxFaces": 5}
    assert decoded(b"", "ListCollectionsRequest", MODEL) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'{"MaxFaces": "1"}',
        b'{"MaxFaces": 1.5}',
        b'{"MaxFaces": true}',
        b'{"MaxFaces": 1e999}',
        b'{"MaxFaces": 4294967296}',
        b'{"MaxFaces": NaN}',
        b'{"CollectionId": 1}',
        b'{"Image": "aGk="}',
        b'{"Image": {"Bytes": "a"}}',
        b'{"Image": {"Bytes": "a!!!"}}',
        b'{"DetectionAttributes": "ALL"}',
        b'{"DetectionAttributes": [null]}',
        b"[" * 100_000,
        b'{"CollectionId": "\\ud83d"}',
        b'{"CollectionId": "\\ude00\\ud83d"}',
    ],
)
def test_other_types_are_refused(body):
    """SerializationException, as AWS calls what is no JSON or of another type."""
    with pytest.raises(AwsError, match="SerializationException"):
        decoded(body, "IndexFacesRequest", MODEL)


def test_a_character_is_a_whole_one():
    """Two halves are one, as JSON writes it; half of one is none, also in a tag's name."""
    whole = decoded(b'{"Tags": {"\\ud83d\\ude00": "\\ud83d\\ude00"}}', "CreateCollectionRequest", MODEL)
    assert whole == {"Tags": {"\U0001f600": "\U0001f600"}}
    for half in (b'{"Tags": {"\\ud83d": "a"}}', b'{"Tags": {"a": "\\ud83d"}}'):
        with pytest.raises(AwsError, match="SerializationException"):
            decoded(half, "CreateCollectionRequest", MODEL)


@pytest.mark.parametrize("value", ["1", True, [], float("inf")])
def test_a_number_is_a_number(value):
    """Nothing else is taken for one, and none without end."""
    with pytest.raises(AwsError, match="SerializationException"):
        decoded(json.dumps({"FaceMatchThreshold": value}).encode(), "SearchFacesRequest", MODEL)


def test_answers_are_written_as_clients_read_them():
    """Moments as seconds, blobs in base64, no null."""
    answer = {"FaceCount": 1, "CreationTimestamp": datetime(2026, 1, 1, tzinfo=UTC), "UserCount": None}
    written = json.loads(encoded(answer, "DescribeCollectionResponse", MODEL))
    assert written == {"FaceCount": 1, "CreationTimestamp": 1767225600.0}
    liveness = {"ReferenceImage": {"Bytes": b"hi"}}
    assert json.loads(encoded(liveness, "GetFaceLivenessSessionResultsResponse", MODEL)) == {
        "ReferenceImage": {"Bytes": "aGk="}
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [({"Faces": 1}, KeyError), ({"FaceCount": "1"}, TypeError), ({"FaceCount": True}, TypeError)],
)
def test_no_answer_has_what_the_model_does_not_know(answer, error):
    """A mistake of ours does not reach a client."""
    with pytest.raises(error):
        encoded(answer, "DescribeCollectionResponse", MODEL)
