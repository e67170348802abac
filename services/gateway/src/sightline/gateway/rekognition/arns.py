"""Amazon resource names: how collections and stream processors are called in tags and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sightline.gateway.rekognition.errors import AwsError

Kind = Literal["collection", "streamprocessor"]

_ARN = re.compile(r"arn:aws:rekognition:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<kind>[a-z]+)/(?P<name>.+)")


@dataclass(frozen=True)
class Arns:
    """Names things, in one region and account."""

    region: str
    account: str

    def of(self, kind: Kind, name: str) -> str:
        """The ARN of a thing."""
        return f"arn:aws:rekognition:{self.region}:{self.account}:{kind}/{name}"

    def read(self, arn: str) -> tuple[str, str]:
        """Kind and name of what an ARN means. Raises AwsError ResourceNotFoundException: nothing of ours."""
        found = _ARN.fullmatch(arn)
        if not found or (found["region"], found["account"]) != (self.region, self.account):
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn}.")
        return found["kind"], found["name"]
