"""What was used lately is at hand, for its time, and never more than so much of it."""

from __future__ import annotations

from sightline.chassis.identity.recent import Recent


def test_it_is_bounded():
    """The values that were not used for longest go first."""
    recent = Recent(2, lambda: 0.0)
    recent.put("a", 1, 9.0)
    recent.put("b", 2, 9.0)
    assert recent.get("a") == 1
    recent.put("c", 3, 9.0)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_a_value_lasts_until_its_moment():
    """At its moment, and not before, a value is gone; put in again, it lasts anew."""
    now = [0.0]
    recent = Recent(2, lambda: now[0])
    recent.put("a", 1, 5.0)
    now[0] = 4.9
    assert recent.get("a") == 1
    now[0] = 5.0
    assert recent.get("a") is None
    recent.put("a", 2, 6.0)
    assert recent.get("a") == 2
