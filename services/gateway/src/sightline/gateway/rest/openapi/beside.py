"""What lies below `/v1` and is no RPC: access keys of AWS's clients, and what stream processors find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.gateway.aws_keys.aws_key import ID_PATTERN
from sightline.gateway.aws_keys.desk import NewAwsKey
from sightline.gateway.rekognition.stream_reading import LONGEST_WAIT, PLACE
from sightline.gateway.rest.answers import JSON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sightline.gateway.rest.openapi.schemas import Schema, Schemas

_STATUSES = (400, 401, 403, 404, 409, 429, 500, 503)
_WITH_BODY = (408, 413)
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_WAIT: Schema = {"type": "integer", "minimum": 0, "maximum": int(LONGEST_WAIT)}
_KEYS, _RECORDS = "AWS access keys", "Stream processors"


def beside(schemas: Schemas) -> dict[str, Any]:
    """Their paths, as OpenAPI has them."""
    key = schemas.named("AwsKey", _object(_shown()))
    keys = _object({"aws_keys": {"type": "array", "items": key}})
    return {
        "/v1/aws-keys": {
            "get": _operation("ListAwsKeys", _KEYS, "Your pairs; an administrator's: everybody's.", keys),
            "post": _made_key(schemas),
        },
        "/v1/aws-keys/{access_key_id}": {
            "get": _operation("GetAwsKey", _KEYS, "One pair, without its secret.", key, [_KEY_ID]),
            "delete": _operation(
                "DeleteAwsKey", _KEYS, "Ends a pair at once; the API key that it stands for goes on.", None, [_KEY_ID]
            ),
        },
        "/v1/stream-processors/{name}/records": {"get": _records(schemas)},
    }


def _operation(
    name: str, tag: str, text: str, answer: Schema | None, parameters: Iterable[Schema] = (), status: int = 200
) -> dict[str, Any]:
    said: dict[str, Any] = {"description": "Done." if answer is None else "The answer."}
    if answer is not None:
        said["content"] = {JSON: {"schema": answer}}
    return {
        "operationId": name,
        "tags": [tag],
        "description": text,
        "parameters": [*parameters],
        "responses": {str(204 if answer is None else status): said, **_problems(_STATUSES)},
    }


def _made_key(schemas: Schemas) -> dict[str, Any]:
    answer = schemas.named("CreatedAwsKey", _object({**_shown(), "secret_access_key": _TEXT, "region": _TEXT}))
    made = _operation(
        "CreateAwsKey",
        _KEYS,
        "Makes a pair that stands for the API key that you show, and ends with it. Its secret is shown this once.",
        answer,
        status=201,
    )
    made["responses"]["201"]["headers"] = {"Location": {"description": "Where it is.", "schema": _TEXT}}
    made["responses"] |= _problems(_WITH_BODY)
    # Without its title, by which programs that generate clients would call it.
    asked = {name: value for name, value in NewAwsKey.model_json_schema().items() if name != "title"}
    body = schemas.named("CreateAwsKeyBody", asked)
    made["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return made


def _records(schemas: Schemas) -> dict[str, Any]:
    parameters = [
        _parameter("name", "path", "Of the stream processor.", _TEXT),
        _parameter("after", "query", "The place of an earlier answer; without it one reads from now on.", _place()),
        _parameter("wait", "query", f"Seconds to wait for the first; without it {LONGEST_WAIT:.0f}.", _WAIT),
        *(
            _parameter(name, "query", "As for alerts.", {"type": "string", "maxLength": 256})
            for name in ("purpose", "case_reference")
        ),
    ]
    data = schemas.named("StreamRecord", _data())
    record = _object({"SequenceNumber": {"type": "string", "pattern": "^[0-9]+$"}, "Data": data})
    answer = _object({"records": {"type": "array", "items": record}, "after": _place()})
    text = "What a stream processor of Rekognition's API has found behind a place, in the form of its records."
    return _operation("ReadStreamRecords", _RECORDS, text, answer, parameters)


def _place() -> Schema:
    return {"type": "string", "pattern": f"^({PLACE.pattern})$".replace("?P<time>", "").replace("?P<sequence>", "")}


def _data() -> Schema:
    """As Rekognition's developer guide has it."""
    video = _object(
        {
            "StreamArn": _TEXT,
            "FragmentNumber": _TEXT,
            "ProducerTimestamp": _NUMBER,
            "ServerTimestamp": _NUMBER,
            "FrameOffsetInSeconds": _NUMBER,
        }
    )
    box = _object(dict.fromkeys(("Width", "Height", "Left", "Top"), _NUMBER))
    quality = _object(dict.fromkeys(("Brightness", "Sharpness"), _NUMBER))
    face = _object(
        {
            "FaceId": _TEXT,
            "BoundingBox": box,
            "ImageId": _TEXT,
            "Confidence": _NUMBER,
            "ExternalImageId": _TEXT,
            "UserId": _TEXT,
        },
        required=("FaceId",),
    )
    match = _object({"Similarity": _NUMBER, "Face": face})
    detected = _object({"BoundingBox": box, "Quality": quality}, required=("BoundingBox",))
    found = _object({"DetectedFace": detected, "MatchedFaces": {"type": "array", "items": match}})
    return _object(
        {
            "InputInformation": _object({"KinesisVideo": video}),
            "StreamProcessorInformation": _object({"Status": {"const": "RUNNING"}}),
            "FaceSearchResponse": {"type": "array", "items": found},
        }
    )


def _shown() -> dict[str, Schema]:
    """As AwsKey.shown has it."""
    return {
        "access_key_id": {"type": "string", "pattern": f"^{ID_PATTERN.pattern}$"},
        **dict.fromkeys(("api_key_id", "subject_id", "name", "purpose", "legal_basis", "case_reference"), _TEXT),
        "collection_days": {"type": "integer"},
        "create_time": _MOMENT,
        "expire_time": {"anyOf": [_MOMENT, {"type": "null"}], "description": "When the API key ends; null: never."},
    }


def _object(members: Mapping[str, Schema], required: Iterable[str] | None = None) -> Schema:
    names = sorted(members if required is None else required)
    return {"type": "object", "properties": dict(members), "required": names, "additionalProperties": False}


def _parameter(name: str, place: str, text: str, schema: Schema) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema}


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": "#/components/responses/Problem"} for status in statuses}


_KEY_ID = _parameter("access_key_id", "path", "Of the pair.", _TEXT)
