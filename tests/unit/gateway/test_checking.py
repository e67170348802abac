"""Every constraint of the service model, just inside and just outside, for every operation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.gateway.rekognition.checking import check
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.model import load_model
from sightline.gateway.rekognition.rules import check_rules

MODEL = load_model()
GATEWAY = Path(__file__).parents[3] / "services/gateway"
# Texts that fit patterns which not just any letter fits.
_ACCOUNT = "us-east-1:000000000000"
_UUID = "00000000-0000-0000-0000-000000000000"
FITTING = {
    "FaceId": _UUID,
    "ImageId": _UUID,
    "LivenessSessionId": _UUID,
    "KinesisDataArn": f"arn:aws:kinesis:{_ACCOUNT}:stream/a",
    "KinesisVideoArn": f"arn:aws:kinesisvideo:{_ACCOUNT}:stream/a/1",
    "KinesisVideoStreamFragmentNumber": "1",
    "RoleArn": "arn:aws:iam::000000000000:role/a",
    "SNSTopicArn": f"arn:aws:sns:{_ACCOUNT}:topic",
    "StreamProcessorArn": f"arn:aws:rekognition:{_ACCOUNT}:streamprocessor/a",
    "TagKey": "schlüssel 1",
    "Version": "0.0.0",
}
UNFIT = ("\x00", " ")


def sample(name):
    """The least value that a shape takes."""
    shape = MODEL.shapes[name]
    match shape.kind:
        case "structure":
            return {each: sample(shape.members[each]) for each in shape.required}
        case "list":
            return [sample(shape.part)] * int(shape.least or 0)
        case "map":
            return {}
        case "blob":
            return b"x" * int(shape.least or 0)
        case "string":
            return shape.words[0] if shape.words else FITTING.get(name, "a" * max(1, int(shape.least or 0)))
    return True if shape.kind == "boolean" else shape.least or 0


def edges(name):
    """Values just inside and just outside a shape's own constraints."""
    shape = MODEL.shapes[name]
    inside, outside = [sample(name)], []
    if shape.words:
        inside += shape.words
        outside.append(shape.words[0] + "_")
    if shape.pattern is not None:
        outside += [text for text in (*UNFIT, f"{sample(name)}\n") if not shape.pattern.fullmatch(text)][:2]
    if shape.kind in {"integer", "long", "float"}:
        step = 0.001 if shape.kind == "float" else 1
        inside += [each for each in (shape.least, shape.most) if each is not None]
        outside += [shape.least - step] if shape.least is not None else []
        outside += [shape.most + step] if shape.most is not None else []
    elif shape.kind != "structure" and not shape.words:
        if shape.most is not None:
            inside.append(grown(name, int(shape.most)))
            outside.append(grown(name, int(shape.most) + 1))
        if shape.least:
            outside.append(grown(name, int(shape.least) - 1))
    return [each for each in inside if each is not None], [each for each in outside if each is not None]


def grown(name, size):
    """A value of that size whose parts fit; None where the pattern has a length of its own."""
    shape = MODEL.shapes[name]
    if shape.kind == "blob":
        return bytes(size)
    if shape.kind == "list":
        return [sample(shape.part)] * size
    if shape.kind == "map":
        return {f"k{place}": "v" for place in range(size)}
    text = FITTING.get(name, "a").ljust(size, "0")[:size]
    fits = shape.pattern is None or shape.pattern.fullmatch(text)
    return text if fits or size < (shape.least or 0) else None


def places(name, seen=()):
    """Every member that a structure reaches: its path, and the shape there."""
    shape = MODEL.shapes[name]
    parts = dict(shape.members) if shape.kind == "structure" else {}
    if shape.kind in {"list", "map"}:
        parts = {"[]": shape.part}
    for step, part in parts.items():
        yield (step,), part
        if part not in seen:
            yield from (((step, *path), at) for path, at in places(part, (*seen, part)))


def placed(name, path, value):
    """The least request with that value at the path."""
    if not path:
        return value
    shape, step = MODEL.shapes[name], path[0]
    if step == "[]":
        inner = placed(shape.part, path[1:], value)
        if shape.kind == "map":
            return {"key": inner}
        return [inner, *[sample(shape.part)] * max(0, int(shape.least or 0) - 1)]
    return sample(name) | {step: placed(shape.members[step], path[1:], value)}


def refused(parameters, operation):
    """The code with which it is refused; None: it is not."""
    try:
        check(parameters, MODEL.operations[operation].input, MODEL)
    except AwsError as error:
        return error.code
    return None


@pytest.mark.parametrize("operation", sorted(MODEL.operations))
def test_each_constraint_holds_inside_and_not_outside(operation):
    """Numbers, sizes, patterns and words of each member, however deep; and every member that is required."""
    request = MODEL.operations[operation].input
    assert refused(sample(request), operation) is None
    tried = 0
    for path, shape in places(request):
        inside, outside = edges(shape)
        for value in inside:
            assert refused(placed(request, path, value), operation) is None, (path, value)
        for value in outside:
            wanted = "ImageTooLargeException" if shape == "ImageBlob" and value else "ValidationException"
            assert refused(placed(request, path, value), operation) == wanted, (path, value)
        tried += len(inside) + len(outside)
        for missing in MODEL.shapes[shape].required:
            whole = sample(shape)
            assert refused(placed(request, path, whole), operation) is None
            del whole[missing]
            assert refused(placed(request, path, whole), operation) == "ValidationException", (path, missing)
    for missing in MODEL.shapes[request].required:
        rest = {name: value for name, value in sample(request).items() if name != missing}
        assert refused(rest, operation) == "ValidationException", missing
    assert tried >= len(MODEL.shapes[request].members)


def test_violations_are_said_as_aws_says_them():
    """Each with its path, at most ten; nothing of a picture, little of a text."""
    parameters = {"CollectionId": "a b" * 100, "Image": {"Bytes": b""}, "MaxFaces": 0}
    with pytest.raises(AwsError) as raised:
        check(parameters, "IndexFacesRequest", MODEL)
    message = raised.value.message
    assert message.startswith("4 validation errors detected: Value 'a ba ba b")
    assert (
        "at 'image.bytes' failed to satisfy constraint: Member must have length greater than or equal to 1" in message
    )
    assert "Value '0' at 'maxFaces'" in message
    with pytest.raises(AwsError, match="10 validation errors"):
        check({"CollectionId": "a", "FaceIds": ["x"] * 50}, "DeleteFacesRequest", MODEL)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("DetectFaces", {"Image": {}}),
        ("DetectFaces", {"Image": {"Bytes": b"x", "S3Object": {"Bucket": "b", "Name": "n"}}}),
        ("DetectFaces", {"Image": {"S3Object": {"Bucket": "b"}}}),
        ("CompareFaces", {"SourceImage": {"Bytes": b"x"}, "TargetImage": {}}),
        ("SearchUsers", {"CollectionId": "c"}),
        ("SearchUsers", {"CollectionId": "c", "UserId": "u", "FaceId": "f"}),
    ],
)
def test_members_that_exclude_or_need_each_other_are_refused(operation, parameters):
    """What the model cannot say is an invalid parameter."""
    with pytest.raises(AwsError, match="InvalidParameterException: Request has invalid parameters"):
        check_rules(operation, parameters)


def test_the_model_is_fresh(tmp_path):
    """model.json is what the generator makes of the botocore that is installed."""
    made = tmp_path / "model.json"
    subprocess.run([sys.executable, GATEWAY / "generate_model.py", "--out", made], check=True)
    kept = GATEWAY / "src/sightline/gateway/rekognition/model.json"
    assert json.loads(made.read_text()) == json.loads(kept.read_text()), "run services/gateway/generate_model.py"
    assert len(MODEL.operations) == 36
