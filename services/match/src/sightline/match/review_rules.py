"""How alerts are reviewed, as the policy has it: what sightings carry to notify, which knows no gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.policy import Review

_POLICIES = {"none": pb.REVIEW_POLICY_NONE, "one": pb.REVIEW_POLICY_ONE, "two": pb.REVIEW_POLICY_TWO}
_DISAGREEMENTS = {"third": pb.DISAGREEMENT_THIRD, "expire": pb.DISAGREEMENT_EXPIRE}


def review_policy(review: Review) -> pb.ReviewPolicy:
    """How many people look at the alerts of a watchlist that does not say it."""
    return _POLICIES[review.policy]


def review_rules(review: Review) -> pb.ReviewRules:
    """What happens beside that."""
    rules = pb.ReviewRules(
        disagreement=_DISAGREEMENTS[review.disagreement], requester_may_review=review.requester_may_review
    )
    rules.expire_after.FromTimedelta(review.expire_after)
    return rules
