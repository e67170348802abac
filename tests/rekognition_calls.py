"""What tests of Rekognition's operations name, and how they are refused."""

from __future__ import annotations

import pytest

from sightline.chassis.ids import derived_id
from sightline.gateway.rekognition.errors import AwsError

STAFF = derived_id("the watchlist staff")
ROLE = "arn:aws:iam::000000000000:role/any"


async def refusal(answer):
    """Code and message of the error."""
    with pytest.raises(AwsError) as caught:
        await answer
    return caught.value.code, caught.value.message
