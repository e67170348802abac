"""What a model pack may be used for."""

import pytest
from structlog.testing import capture_logs

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.fitness import check_fitness
from sightline.chassis.pack import load_pack


@pytest.fixture
def pack(starter_pack):
    return load_pack(starter_pack)


def test_production_refuses_a_demonstration_pack(pack):
    """`strict` needs a reason for it, or a pack that is fit for more."""
    with pytest.raises(FailedPrecondition, match="PACK_FOR_DEMONSTRATION"):
        check_fitness(pack, "strict", "")
    check_fitness(pack.model_copy(update={"fit_for": "research"}), "strict", "")


@pytest.mark.parametrize(("durability", "reason"), [("dev", ""), ("strict", "a fair")])
def test_the_log_says_what_a_demonstration_pack_is_not_fit_for(pack, durability, reason):
    """One warning with the measured facts, and with the reason where there is one."""
    with capture_logs() as lines:
        check_fitness(pack, durability, reason)
    (line,) = lines
    assert line["log_level"] == "warning"
    assert line["facts"] == pack.facts
    assert line.get("demonstration_reason", "") == reason
