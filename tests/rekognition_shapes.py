"""Answers of operations against the shapes that botocore has of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape


@cache
def _model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("rekognition")


def check_answer(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, once it has no unknown member, none missing, and the right types."""
    shape = _model().operation_model(operation).output_shape
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    assert not (unknown := list(_unknown(answer, shape, ""))), unknown
    return answer


def _unknown(value: Any, shape: Shape, where: str) -> Any:
    if shape.type_name == "structure":
        for name, member in value.items():
            if name not in shape.members:
                yield f"{where}.{name}"
            else:
                yield from _unknown(member, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from _unknown(item, shape.member, f"{where}[]")
