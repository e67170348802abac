"""What a decoder is told on its standard input."""

import os

import pytest

from sightline.ingest.decode_request import DecodeRequest, Orders, fps_order
from sightline.ingest.viewing import Viewing

REQUEST = DecodeRequest(
    "rtsp://10.0.0.1/1", "cam", True, "user", "hunter2", Viewing(3.0, masks=(((0.0, 0.5), (1.0, 0.5), (1.0, 1.0)),))
)


@pytest.fixture
def line():
    """A pipe: what orders are read from, and where they are written."""
    ours, theirs = os.pipe()
    yield ours, theirs
    os.close(ours)


def test_the_request_arrives_as_it_was_sent(line):
    """All of it, also in pieces; orders behind it are not lost."""
    ours, theirs = line
    data = REQUEST.to_line() + fps_order(1.5)
    os.write(theirs, data[:20])
    os.write(theirs, data[20:])
    orders = Orders(ours)
    assert orders.request() == REQUEST
    assert orders.new_fps() == 1.5
    os.close(theirs)


def test_the_newest_order_counts(line):
    """Without an order nothing is waited for; of several the last one holds, and half a line waits for its end."""
    ours, theirs = line
    orders = Orders(ours)
    assert orders.new_fps() is None
    os.write(theirs, fps_order(2.0) + fps_order(1.25) + b'{"fps"')
    assert orders.new_fps() == 1.25
    assert orders.new_fps() is None
    os.write(theirs, b": 3}\n")
    assert orders.new_fps() == 3.0
    os.close(theirs)


def test_a_service_that_has_gone_is_noticed(line):
    """Where nobody can give orders any more the decoder has nothing to do."""
    ours, theirs = line
    os.close(theirs)
    with pytest.raises(EOFError):
        Orders(ours).new_fps()


def test_a_request_does_not_show_its_password():
    """Not in a trace of the decoder either."""
    assert "hunter2" not in repr(REQUEST)
