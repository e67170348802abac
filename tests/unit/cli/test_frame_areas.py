"""Areas of a frame as people write them."""

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.cli.frame_areas import area_text, parse_polygon


def test_an_area_is_shown_as_it_is_read():
    """Corners in their order, ratios of the frame."""
    text = "0.1,0.1 0.4,0.1 0.4,0.5"
    area = parse_polygon(text)
    assert [point.x for point in area.points] == pytest.approx([0.1, 0.4, 0.4])
    assert [point.y for point in area.points] == pytest.approx([0.1, 0.1, 0.5])
    assert area_text([area, parse_polygon("0,0 1,0 .5,1")]) == f"{text}; 0,0 1,0 0.5,1"


@pytest.mark.parametrize(
    "text",
    ["", "0,0 1,1", "0,0 1,0 1", "0,0 1,0 1,1.01", "0,0 1,0 -1,1", "0,0 1,0 a,b", "0;0 1;0 1;1", "0,0 1,0 1,1,1"],
)
def test_what_is_no_area_is_refused(text):
    """Fewer than three corners, corners outside of the frame, and what is no corner."""
    with pytest.raises(InvalidInput, match=r"AREA_INVALID: .*'0\.1,0\.1 0\.4,0\.1 0\.4,0\.5'"):
        parse_polygon(text)
