"""Requests of HTTP as requests of RPCs."""

import pytest
from starlette.requests import Request

from sightline.chassis.errors import InvalidInput
from sightline.gateway.rest.fields import assign
from sightline.gateway.rest.reading import read_request
from sightline.gateway.rest.table import ROUTES

JSON = "application/json"


def route(operation):
    """The row of that name."""
    return next(each for each in ROUTES if each.operation == operation)


async def read(operation, body=b"", query="", path=None, **headers):
    """The message that comes of a request."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "headers": raw, "query_string": query.encode(), "path_params": path or {}}
    return await read_request(route(operation), Request(scope), body)


async def test_members_of_a_changed_resource_are_its_mask():
    """What the body has is what changes; null clears; credentials stand beside."""
    body = b'{"sample_fps": 2, "location": null, "credentials": {"username": "u"}}'
    message = await read("UpdateCamera", body, "", {"camera_id": "c"}, content_type=JSON, if_match='"e"')
    assert list(message.update_mask.paths) == ["sample_fps", "location", "credentials"]
    assert (message.camera_id, message.etag, message.credentials.username) == ("c", "e", "u")
    assert message.changes.sample_fps == 2


async def test_a_mask_in_the_query_counts():
    """Names of a mask are as the contract has them, also those with digits and underlines."""
    query = "update_mask=legal_basis,target_fpir"
    message = await read("UpdateWatchlist", b"{}", query, {"watchlist": "w"}, content_type=JSON)
    assert list(message.update_mask.paths) == ["legal_basis", "target_fpir"]


async def test_filters():
    """Lists are given by repetition; moments, enums and switches are text."""
    query = "states=ALERT_STATE_RAISED&states=ALERT_STATE_EXPIRED&since=2026-01-02T03:04:05Z&collapse_storms=true"
    message = await read("ListAlerts", query=query)
    assert list(message.states) == [1, 5]
    assert (message.since.seconds, message.collapse_storms) == (1767323045, True)


async def test_what_a_client_had_last_counts_more_than_where_it_began():
    """A browser that reconnects asks with its first address, and says what it has."""
    message = await read("WatchAlerts", query="since=2026-01-02T03:04:05Z", last_event_id="17")
    assert message.after_sequence == 17
    assert not message.HasField("since")
    assert (await read("WatchAudit")).follow is True


async def test_any_state_will_do():
    """`*` is whatever there is."""
    message = await read("UpdatePerson", b'{"display_name": "x"}', content_type=JSON, if_match="*", path=PERSON)
    assert message.etag == ""


PERSON = {"watchlist": "w", "person": "p"}


@pytest.mark.parametrize(
    ("members", "place"),
    [
        (b'"max_faces": "private"', "max_faces"),
        (b'"template": {"vector": ["private"]}', "template.vector[0]"),
        (b'"template": {"private": 1}', "template"),
        (b'"purpose": "\\ud800private"', "purpose"),
        (b'"image": {"encoded": ["private"]}', "encoded"),
    ],
)
async def test_what_does_not_fit_is_named_and_not_repeated(members, place):
    """The answer says which field is wrong, and holds nothing of what was sent."""
    with pytest.raises(InvalidInput) as refused:
        await read("SearchFaces", b"{" + members + b"}", content_type=JSON)
    assert refused.value.reason == "BODY_MALFORMED"
    assert f"{place} does not fit" in refused.value.message
    assert "private" not in refused.value.message


@pytest.mark.parametrize("path", ["colour", "image", "image.colour", "purpose.x", "watchlists.x"])
def test_a_name_that_is_none(path):
    """A form may name the contract's fields, down to single values."""
    with pytest.raises(InvalidInput) as refused:
        assign({}, route("SearchFaces").contract.request, path, ["x"])
    assert refused.value.reason == "FIELD_UNKNOWN"
