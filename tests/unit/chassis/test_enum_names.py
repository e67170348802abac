"""Values of enums in words, whatever release they are from."""

from __future__ import annotations

from sightline.chassis.enum_names import enum_name, enum_word
from sightline.v1 import access_pb2
from sightline.v1 import alert_service_pb2 as pb


def test_a_known_value_has_its_name_and_a_word():
    """As the contract has it, and without what all of the enum's begin with."""
    assert enum_name(pb.AlertState, pb.ALERT_STATE_UNDER_REVIEW) == "ALERT_STATE_UNDER_REVIEW"
    assert enum_word(pb.AlertState, pb.ALERT_STATE_UNDER_REVIEW) == "under_review"
    assert enum_word(pb.AlertState, pb.ALERT_STATE_UNSPECIFIED) == "unspecified"
    assert enum_word(access_pb2.Role, access_pb2.ROLE_CAMERA_SETUP) == "camera_setup"


def test_a_value_of_a_newer_release_is_its_number():
    """A message from a newer process holds it; nobody fails for that."""
    alert = pb.Alert.FromString(pb.Alert(state=77).SerializeToString())
    assert enum_name(pb.AlertState, alert.state) == enum_word(pb.AlertState, alert.state) == "77"
