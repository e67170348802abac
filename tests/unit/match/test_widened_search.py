"""How far a search through the graph is widened after a build."""

import pytest

from sightline.match.shard_builder import MOST_EF, widened

GOAL, LEAST = 0.999, 256


@pytest.mark.parametrize(
    ("recalls", "reached"),
    [
        ({256: 1.0}, (1.0, 256)),
        ({256: 0.98, 384: 0.995, 576: 0.9995}, (0.9995, 576)),
        # One probe is missed by every `ef`: the smallest that misses no other is enough.
        ({256: 0.99, 384: 0.998, 576: 0.998, 864: 0.998}, (0.998, 384)),
        # A pause in between is none for good.
        ({256: 0.99, 384: 0.99, 576: 0.997, 864: 0.9991}, (0.9991, 864)),
    ],
)
def test_a_search_is_widened_as_far_as_it_finds_more(recalls, reached):
    """It ends at the goal, or where two steps have found nobody; what finds nobody is not kept."""
    asked = []

    def recall_at(ef):
        asked.append(ef)
        return recalls[ef]

    assert widened(recall_at, GOAL, LEAST) == reached
    assert asked == list(recalls)


def test_a_search_is_not_widened_for_ever():
    """Eight times as many candidates are the most, though each step finds somebody."""
    recall, ef = widened(lambda ef: 0.9 + ef / 1e6, GOAL, LEAST)
    assert recall == 0.9 + ef / 1e6
    assert MOST_EF * LEAST <= ef < MOST_EF * LEAST * 1.5
