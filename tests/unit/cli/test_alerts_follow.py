"""What `sightline alerts follow` prints of a stream."""

import json

from sightline.cli.alerts import _follow
from sightline.v1 import alert_service_pb2 as pb


class StreamOf:
    """An alert service whose stream has these alerts, and then ends."""

    def __init__(self, *alerts):
        self.alerts = alerts

    async def WatchAlerts(self, _):
        """The stream."""
        for alert in self.alerts:
            yield pb.WatchAlertsResponse(alert=alert)


def revision(name, number, similarity=91.0):
    """One state of an alert."""
    alert = pb.Alert(id=name * 26, revision=number, state=pb.ALERT_STATE_RAISED, source="gate")
    alert.person.external_id, alert.person.similarity = "case-17", similarity
    return alert


STREAM = StreamOf(revision("a", 1), revision("b", 1), revision("a", 2), revision("a", 3, similarity=98.6))


async def test_a_line_that_says_nothing_new_is_left_out(capsys):
    """A picture came: the same words again would look like another alert. A better view is another line."""
    await _follow(STREAM, pb.WatchAlertsRequest(), json=False)
    lines = capsys.readouterr().out.splitlines()
    assert [("a" * 26 in line, "98.6" in line) for line in lines] == [(True, False), (False, False), (True, True)]


async def test_a_program_gets_every_change(capsys):
    """With --json each revision is a line."""
    await _follow(STREAM, pb.WatchAlertsRequest(), json=True)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [str(each["revision"]) for each in said] == ["1", "1", "2", "3"]
