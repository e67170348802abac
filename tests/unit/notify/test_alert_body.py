"""Bodies against the schema that is published for receivers."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from alerts_for_tests import alert_of

from sightline.notify.alert_body import SCHEMA, alert_event, probe_event
from sightline.v1 import alert_service_pb2, gallery_service_pb2

FILE = Path(__file__).parents[3] / "protos" / "schemas" / "alert-event.schema.json"
PUBLISHED = json.loads(FILE.read_text())
VALIDATOR = jsonschema.Draft202012Validator(PUBLISHED, format_checker=jsonschema.FormatChecker())
SUBSCRIPTION = "x" * 26


def test_the_schema_is_one_and_has_the_name_that_messages_say():
    """`ce-dataschema` leads to the file."""
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$id"] == SCHEMA


@pytest.mark.parametrize("state", [state for state in alert_service_pb2.AlertState.values() if state])
@pytest.mark.parametrize("policy", gallery_service_pb2.ReviewPolicy.values())
@pytest.mark.parametrize("evidence", alert_service_pb2.EvidenceKind.values())
def test_every_alert_has_a_body_by_the_schema(state, policy, evidence):
    """Whatever its state, its watchlist's policy and its picture."""
    alert = alert_of(1, 3, state, policy)
    alert.evidence = evidence
    alert.person.display_name = "Zoë [Ω]"
    review = alert.reviews.add(
        reviewer="x" * 26, decision=alert_service_pb2.REVIEW_DECISION_CONFIRMED, reason="the scar"
    )
    review.confidence = alert_service_pb2.REVIEW_CONFIDENCE_HIGH
    review.time.GetCurrentTime()
    assert list(VALIDATOR.iter_errors(json.loads(alert_event(SUBSCRIPTION, alert).body))) == []


def test_values_of_a_newer_release_have_a_body_by_the_schema():
    """While releases run side by side the older one says what asks for most care, and does not fail."""
    alert = alert_of(1)
    alert.review_policy, alert.priority, alert.evidence = 77, 78, 79
    review = alert.reviews.add(reviewer="x" * 26, decision=alert_service_pb2.REVIEW_DECISION_CONFIRMED, confidence=80)
    review.time.GetCurrentTime()
    body = json.loads(alert_event(SUBSCRIPTION, alert).body)
    VALIDATOR.validate(body)
    assert body["alert"]["reviews"][0]["confidence"] == "low"
    said = [body["alert"][name] for name in ("review_policy", "priority", "evidence")]
    assert said == ["two", "urgent", "none"]


def test_a_test_has_a_body_by_the_schema():
    """It is about no alert, and says so by its type."""
    event = probe_event(SUBSCRIPTION, datetime.now(UTC))
    VALIDATOR.validate(json.loads(event.body))
    assert event.kind == "sightline.test"


def test_the_schema_refuses_what_is_not_published():
    """A member that is missing, one that nobody knows, and another type: the test above could fail."""
    good = json.loads(alert_event(SUBSCRIPTION, alert_of(1)).body)
    for spoil in (
        lambda body: body["alert"].pop("person"),
        lambda body: body["alert"].update(crop="AAAA"),
        lambda body: body.update(type="sightline.other"),
        lambda body: body["alert"].update(start_time="yesterday"),
    ):
        body = copy.deepcopy(good)
        spoil(body)
        assert list(VALIDATOR.iter_errors(body))


def test_no_pixels_and_no_templates_leave():
    """Even where a sighting has its crop: only what the schema names is in a body."""
    alert = alert_of(1)
    alert.sighting.crop = b"pixels of somebody"
    assert b"pixels" not in alert_event(SUBSCRIPTION, alert).body


def test_the_id_is_that_of_a_revision_for_a_subscription():
    """The same for every attempt; another for another revision or subscription."""
    first = alert_event(SUBSCRIPTION, alert_of(1, 2))
    assert first.id == alert_event(SUBSCRIPTION, alert_of(1, 2)).id == f"{alert_of(1).id}.2.{SUBSCRIPTION}"
    assert len({first.id, alert_event(SUBSCRIPTION, alert_of(1, 3)).id, alert_event("y" * 26, alert_of(1, 2)).id}) == 3
