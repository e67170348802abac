"""What a webhook's POST reaches, by a real receiver; names are resolved by the test."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network

import httpx
import pytest
from certificates import self_signed
from cryptography import x509
from free_ports import find_free_port
from receiver import receiving

from sightline.chassis.errors import Unavailable
from sightline.notify.webhook_sender import ANSWER_BYTES, WebhookRules, WebhookSender, resolve

HERE = ip_network("127.0.0.0/8")
HIDDEN = "of-nobody"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Names:
    """A resolver that gives each answer once, the last one from then on."""

    def __init__(self, *answers) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host, port):
        self.asked.append((host, port))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [ip_address(text) for text in answer]


def sender(names=None, *, networks=(HERE,), tls=None, seconds=5.0):
    """A sender that may go to this machine."""
    rules = WebhookRules(networks, allow_http=True, seconds=seconds)
    return WebhookSender(rules, tls or httpx.create_ssl_context(), lambda: NOW, names or resolve)


@pytest.fixture
def receiver():
    with receiving() as running:
        yield running


async def test_it_arrives_with_its_name_and_headers(receiver):
    """The connection goes to the address, the Host header is the name; the body and headers are as they were given."""
    names = Names(["127.0.0.1"])
    url = f"http://hooks.example:{receiver.port}/a/b?token={HIDDEN}"
    sent = await sender(names).post(url, {"x-one": "1"}, b"body")
    assert (sent.delivered, sent.status) == (True, 204)
    [taken] = receiver.taken
    assert (taken.path, taken.body) == (f"/a/b?token={HIDDEN}", b"body")
    assert taken.headers["host"] == f"hooks.example:{receiver.port}"
    assert taken.headers["x-one"] == "1"


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)
async def test_a_name_that_leads_inside_is_refused(receiver, address):
    """By whatever form of address; nothing is sent, and the answer does not say where it led."""
    sent = await sender(Names([address])).post(f"http://hooks.example:{receiver.port}/", {}, b"")
    assert sent.reason == "WEBHOOK_ADDRESS_REFUSED"
    assert address not in sent.message
    assert receiver.taken == []


async def test_a_name_with_one_address_inside_is_refused(receiver):
    """Also where the first one would be allowed."""
    sent = await sender(Names(["127.0.0.1", "10.0.0.1"])).post(f"http://hooks.example:{receiver.port}/", {}, b"")
    assert sent.reason == "WEBHOOK_ADDRESS_REFUSED"
    assert receiver.taken == []


async def test_a_name_is_resolved_once_for_an_attempt(receiver):
    """DNS rebinding: the second answer would lead elsewhere, and is never asked for; the next attempt looks anew."""
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    rebound = sender(names)
    url = f"http://hooks.example:{receiver.port}/"
    assert (await rebound.post(url, {}, b"")).delivered
    assert names.asked == [("hooks.example", receiver.port)]
    assert (await rebound.post(url, {}, b"")).reason == "WEBHOOK_ADDRESS_REFUSED"
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"])
async def test_other_ways_to_write_this_machine_are_refused(host):
    """What the system's resolver makes of them is looked at, by the real one."""
    sent = await sender(networks=()).post(f"http://{host}:8080/", {}, b"")
    assert sent.reason in {"WEBHOOK_ADDRESS_REFUSED", "WEBHOOK_HOST_UNKNOWN", "WEBHOOK_URL_INVALID"}


async def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    """Through one the address that was looked at would not be the one that is reached."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await sender().post(receiver.url, {}, b"")).delivered


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirections_are_not_followed(receiver, status):
    """Whatever they point to; it is a failure with a reason of its own."""
    with receiving() as other:
        receiver.status(status, location=other.url)
        sent = await sender().post(receiver.url, {}, b"")
        assert (sent.reason, sent.status) == ("WEBHOOK_REDIRECTED", status)
        assert other.taken == []


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "WEBHOOK_REFUSED"), (503, "WEBHOOK_REFUSED"), (410, "WEBHOOK_GONE")]
)
async def test_only_success_is_success(receiver, status, reason):
    """Every other answer has a reason."""
    receiver.status(status)
    sent = await sender().post(receiver.url, {}, b"")
    assert (sent.delivered, sent.status, sent.reason) == (False, status, reason)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("999999999", 6 * 3600),
        ("soon", 0),
        ("-5", 0),
    ],
)
async def test_retry_after_is_heard(receiver, text, seconds):
    """As seconds or as a date, at most six hours; nonsense is none."""
    receiver.status(429, retry_after=text)
    assert (await sender().post(receiver.url, {}, b"")).retry_after == seconds


async def test_no_failure_tells_the_url(free_port):
    """Whatever goes wrong, neither its query nor its path is in what is said of it."""

    async def unknown(_host, _port):
        raise Unavailable("WEBHOOK_HOST_UNKNOWN", "It has no address.")

    url = f"http://127.0.0.1:{free_port}/{HIDDEN}?token={HIDDEN}"
    for sent in (
        await sender().post(url, {}, b""),
        await sender(networks=()).post(url, {}, b""),
        await sender(unknown).post(url.replace("127.0.0.1", "hooks.example"), {}, b""),
        await sender().post(url.replace("http://", f"http://user:{HIDDEN}@"), {}, b""),
    ):
        assert not sent.delivered
        assert HIDDEN not in f"{sent}"


@pytest.fixture
def free_port():
    return find_free_port()


async def test_a_slow_receiver_has_so_long_for_all_of_it(receiver):
    """Connection, request and answer together."""
    receiver.delay = 60.0
    started = time.monotonic()
    sent = await sender(seconds=0.3).post(receiver.url, {}, b"")
    assert sent.reason == "WEBHOOK_TIMEOUT"
    assert time.monotonic() - started < receiver.delay


async def test_little_of_an_answer_is_read():
    """A receiver that never ends its answer holds nobody up, and fills no memory."""
    sent_bytes = 0

    async def flood(_reader, writer):
        nonlocal sent_bytes
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent_bytes += 65536
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await sender().post(f"http://127.0.0.1:{port}/", {}, b"")).delivered
    assert ANSWER_BYTES < 10_000
    assert sent_bytes < 20 << 20


async def test_the_second_address_is_tried_where_the_first_does_not_answer(receiver):
    """As long as both are allowed."""
    names = Names(["127.0.0.9", "127.0.0.1"])
    assert (await sender(names).post(f"http://hooks.example:{receiver.port}/", {}, b"")).delivered


@contextmanager
def trusting(certificate):
    """TLS that trusts this certificate alone."""
    context = ssl.create_default_context(cafile=certificate)
    yield context


async def test_tls_keeps_the_name(tmp_path):
    """The certificate must be of the name, though the connection goes to an address: else nothing is sent."""
    names = (x509.DNSName("hooks.example"),)
    identity = self_signed(tmp_path / "hooks", "hooks.example", alternatives=names)
    with receiving(identity) as receiver, trusting(identity.file) as tls:
        names = Names(["127.0.0.1"])
        good = await sender(names, tls=tls).post(f"https://hooks.example:{receiver.port}/", {}, b"")
        other = await sender(names, tls=tls).post(f"https://other.example:{receiver.port}/", {}, b"")
        unknown = await sender(names).post(f"https://hooks.example:{receiver.port}/", {}, b"")
    assert good.delivered
    assert (other.reason, unknown.reason) == ("WEBHOOK_UNREACHABLE", "WEBHOOK_UNREACHABLE")
    assert len(receiver.taken) == 1
