from __future__ import annotations

import traceback

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.notify.webhook_url import check_url, port_of, read_url, shown_url

INVALID = [
    "",
    "no url",
    "//host/path",
    "https://",
    "https:///path",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "https://example.com:abc/",
    "https://example.com:99999/",
    "https://user@example.com/",
    "https://user:of-nobody@example.com/",
    "https://@example.com/",
    "https://example.com/#fragment",
    "https://exam ple.com/",
    "https://example.com\r\nX-Injected: 1/",
    "https://[::1/",
]


@pytest.mark.parametrize("text", INVALID)
def test_what_is_no_webhooks_url_is_refused(text):
    """Other schemes, no host, a user, a fragment, control characters: with one reason."""
    with pytest.raises(InvalidInput, match="WEBHOOK_URL_INVALID"):
        read_url(text, allow_http=True)


@pytest.mark.parametrize("text", ["https://user:of-nobody@example.com/?token=of-nobody", "https://x:of-nobody@[::/"])
def test_an_error_never_repeats_the_url(text):
    """Neither what it says nor what stands in its trace has the user, the password or the query in it."""
    with pytest.raises(InvalidInput) as refused:
        read_url(text, allow_http=False)
    assert "of-nobody" not in "".join(traceback.format_exception(refused.value))


def test_https_alone_unless_the_administrator_allows_more():
    """Plain http is refused by default."""
    with pytest.raises(InvalidInput, match="WEBHOOK_NOT_HTTPS"):
        read_url("http://example.com/", allow_http=False)
    assert read_url("http://example.com/", allow_http=True).host == "example.com"
    assert read_url("https://example.com/", allow_http=False).host == "example.com"


@pytest.mark.parametrize(("port", "taken"), [(22, False), (25, False), (1023, False), (443, True), (1024, True)])
def test_ports_of_other_protocols_are_refused(port, taken):
    """Of those below 1024 only the web's own."""
    url = f"https://example.com:{port}/"
    if taken:
        assert port_of(read_url(url, allow_http=False)) == port
    else:
        with pytest.raises(InvalidInput, match="WEBHOOK_PORT_REFUSED"):
            read_url(url, allow_http=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"])
def test_an_address_in_the_place_of_a_name_is_looked_at_at_once(host):
    """Where a name stands that is for later: it may mean something else by then."""
    with pytest.raises(InvalidInput, match="WEBHOOK_ADDRESS_REFUSED"):
        check_url(f"https://{host}/", allow_http=False, declared=[])
    check_url("https://localhost/", allow_http=False, declared=[])


def test_people_see_of_a_url_what_is_before_its_question_mark():
    """What is behind it may be a token."""
    assert shown_url("https://example.com/a?token=x&y=z?") == "https://example.com/a?***"
    assert shown_url("https://example.com/a") == "https://example.com/a"
