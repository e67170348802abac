"""Writes rekognition/model.json out of botocore's service model: python services/gateway/generate_model.py.

Rekognition's own description of its operations (botocore, Apache-2.0), without its prose and without the operations
that are not about faces. botocore is needed to write the file, not to serve.
"""

from __future__ import annotations

import argparse
import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "src/sightline/gateway/rekognition/model.json"
SOURCE = "data/rekognition/2016-06-27/service-2.json.gz"
OPERATIONS = (
    *("CreateCollection", "DescribeCollection", "ListCollections", "DeleteCollection"),
    *("IndexFaces", "ListFaces", "DeleteFaces", "SearchFaces", "SearchFacesByImage"),
    *("CreateUser", "DeleteUser", "ListUsers", "AssociateFaces", "DisassociateFaces"),
    *("SearchUsers", "SearchUsersByImage", "DetectFaces", "CompareFaces"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
    *("StartFaceDetection", "GetFaceDetection", "StartFaceSearch", "GetFaceSearch"),
    *("CreateStreamProcessor", "DescribeStreamProcessor", "ListStreamProcessors", "StartStreamProcessor"),
    *("StopStreamProcessor", "UpdateStreamProcessor", "DeleteStreamProcessor"),
    *("CreateFaceLivenessSession", "GetFaceLivenessSessionResults"),
    *("StartPersonTracking", "GetPersonTracking"),
)
_CONSTRAINTS = ("type", "required", "min", "max", "pattern", "enum")


def describe(source: dict[str, Any]) -> dict[str, Any]:
    """Operations, and the shapes that they reach."""
    operations: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    for name in sorted(OPERATIONS):
        operation = source["operations"][name]
        operations[name] = {
            "input": operation["input"]["shape"],
            "output": operation["output"]["shape"],
            "errors": sorted(error["shape"] for error in operation["errors"]),
        }
        for end in ("input", "output"):
            _collect(operation[end]["shape"], source["shapes"], shapes)
    faults = sorted(name for name, shape in source["shapes"].items() if shape.get("fault"))
    others = sorted(set(source["operations"]) - set(OPERATIONS))
    return {"faults": faults, "operations": operations, "others": others, "shapes": dict(sorted(shapes.items()))}


def _collect(name: str, shapes: dict[str, Any], into: dict[str, Any]) -> None:
    if name in into:
        return
    shape = shapes[name]
    into[name] = kept = {key: shape[key] for key in _CONSTRAINTS if key in shape}
    members = {member: each["shape"] for member, each in shape.get("members", {}).items()}
    parts = {part: shape[part]["shape"] for part in ("member", "key", "value") if part in shape}
    kept |= parts | ({"members": members} if shape["type"] == "structure" else {})
    for reached in (*members.values(), *parts.values()):
        _collect(reached, shapes, into)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET)
    out: Path = parser.parse_args().out
    with gzip.open(files("botocore").joinpath(SOURCE).open("rb")) as packed:
        model = describe(json.load(packed))
    out.write_text(json.dumps(model, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
