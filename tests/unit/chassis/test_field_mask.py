from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import InvalidInput
from sightline.chassis.field_mask import changed
from sightline.match.watchlists import CHANGEABLE
from sightline.v1 import gallery_service_pb2 as pb


def watchlist(**fields):
    """One with everything that its rules ask for."""
    return pb.Watchlist(**{"id": "w", "name": "wanted", "purpose": "test", **fields})


def after(record, changes, *paths, allowed=CHANGEABLE):
    """The record with these fields changed."""
    return changed(record, changes, FieldMask(paths=paths), allowed)


def test_only_the_named_fields_change():
    """What the changes hold beside them is not read, and the record that is given stays as it is."""
    before = watchlist(threshold=0.5, legal_basis="order")
    result = after(before, pb.Watchlist(purpose="other", legal_basis="law", id="x"), "purpose")
    assert result == watchlist(threshold=0.5, legal_basis="order", purpose="other")
    assert before.purpose == "test"


def test_a_named_field_without_a_value_is_cleared():
    """An optional field is unset, a text empty, a map without entries."""
    result = after(watchlist(threshold=0.5, legal_basis="order"), pb.Watchlist(), "threshold", "legal_basis")
    assert result == watchlist()
    person = pb.Person(external_id="e", attributes={"a": "1", "b": "2"})
    assert after(person, pb.Person(attributes={"c": "3"}), "attributes", allowed=["attributes"]).attributes == {
        "c": "3"
    }


def test_of_several_targets_the_new_one_counts():
    """A target takes the other one's place, and none of them stays where the named one has no value."""
    before = watchlist(target_fpir=0.01)
    alarms = pb.Watchlist(target_alarms=pb.TargetAlarms(alarms_per_day=1, tracks_per_day=100))
    assert after(before, alarms, "target_alarms").WhichOneof("target") == "target_alarms"
    assert after(before, pb.Watchlist(), "target_fpir").WhichOneof("target") is None


@pytest.mark.parametrize("paths", [(), ("id",), ("purpose", "embedder_id"), ("cooldown.seconds",), ("nonsense",)])
def test_a_mask_names_what_can_be_changed(paths):
    """No field, a field of the server, a part of a field and an unknown one are refused, with what there is."""
    with pytest.raises(InvalidInput, match=r"UPDATE_MASK_INVALID: .*name some of: name, purpose"):
        after(watchlist(), watchlist(name="x", purpose="x"), *paths)


def test_the_rules_of_the_contract_hold_for_the_result():
    """A change that would break a rule is refused with the field, also where it clears what has to be there."""
    with pytest.raises(InvalidInput, match="REQUEST_INVALID: purpose: "):
        after(watchlist(), pb.Watchlist(), "purpose")
    with pytest.raises(InvalidInput, match="REQUEST_INVALID: threshold: "):
        after(watchlist(), pb.Watchlist(threshold=7), "threshold")
