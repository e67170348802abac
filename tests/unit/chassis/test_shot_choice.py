"""Which views of a track are sent."""

from sightline.chassis.shot_choice import ShotChoice


def test_the_first_good_view_goes_at_once_and_then_better_ones():
    """Each further view has to be a tenth better than the best sent, and there are at most four."""
    choice = ShotChoice()
    views = [0.1, 0.5, 0.52, 0.56, 0.5, 0.7, 0.9, 1.0]
    assert [view for view in views if choice.take(view)] == [0.5, 0.56, 0.7, 0.9]


def test_a_track_without_a_good_view_keeps_its_best():
    """The best of the bad views is kept for the end; once a good one was sent none is."""
    choice = ShotChoice()
    assert [choice.keep_back(view) for view in (0.1, 0.05, 0.2)] == [True, False, True]
    assert choice.take(0.5)
    assert not choice.keep_back(0.25)
