from __future__ import annotations

import protovalidate
import pytest

from sightline.chassis.violations import violation_text
from sightline.v1 import access_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery_pb


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (pb.RevokeApiKeyRequest(key_id="nope"), "key_id: an id has 26 small letters and digits, and lists show it"),
        (
            gallery_pb.CreateWatchlistRequest(watchlist=gallery_pb.Watchlist(name="", purpose="test")),
            "watchlist.name: must be at least 1 characters",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words_beside_its_field(request_, said):
    """An id is described, not matched; everything else is as the rule says it."""
    violations = protovalidate.Validator().collect_violations(request_)
    assert said in [violation_text(violation, "request") for violation in violations]
