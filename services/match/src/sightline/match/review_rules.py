"""How alerts are reviewed, beside how many people have to: what sightings carry to notify, which knows no gallery."""

from datetime import timedelta

from sightline.v1 import gallery_service_pb2 as pb

EXPIRE_AFTER = timedelta(hours=24)


def review_rules() -> pb.ReviewRules:
    """Two who disagree are followed by a third; who enrolled a person does not review; a day is time enough."""
    rules = pb.ReviewRules(disagreement=pb.DISAGREEMENT_THIRD, requester_may_review=False)
    rules.expire_after.FromTimedelta(EXPIRE_AFTER)
    return rules
