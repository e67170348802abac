"""Calls over TLS: who is believed, on which port, and who is refused."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta

import grpc
import pytest
from cryptography import x509
from installation_certificates import new_certificates
from secrets_for_tests import tester_key

from sightline.chassis.errors import FailedPrecondition, Unauthenticated, Unavailable
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.chassis.tls.channel_security import ClientSecurity
from sightline.v1 import detect_service_pb2_grpc

from .conftest import REQUEST, ask, token_with


async def refusal(port, credentials):
    """The error that comes of a call."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(port, credentials)
    return from_rpc_error(caught.value, "detect")


def person(authorities, service="detect"):
    """The tester, who believes these authorities."""
    return BearerText(tester_key(), ClientSecurity(authorities, service))


async def test_services_show_certificates_and_people_none(server, certificates):
    """A service is let in by token and certificate, on the services' port; an API key needs none, on the other."""
    ingest = certificates.issue("ingest")
    assert await ask(server.peers, token_with(ingest)) == "ingest"
    assert await ask(server.clients, person(certificates.authority.certificates)) == "api-key"


async def test_a_token_without_its_service_s_certificate_is_refused(server, certificates):
    """Whoever has stolen a token: with another service's certificate, or none, they are nobody."""
    match = certificates.issue("match")
    assert isinstance(await refusal(server.peers, token_with(match)), Unauthenticated)
    assert isinstance(await refusal(server.clients, token_with(certificates.issue("ingest"))), Unauthenticated)
    stolen = BearerText(
        token_with(match).header().removeprefix("Bearer "), person(match.current().authorities).security
    )
    assert isinstance(await refusal(server.clients, stolen), Unauthenticated)


async def test_nobody_comes_to_the_services_port_without_a_certificate(server, certificates):
    """It is closed before the first byte of a call, to API keys as well."""
    assert isinstance(await refusal(server.peers, person(certificates.authority.certificates)), Unavailable)


async def test_plain_text_is_answered_by_no_port(server):
    """A client that speaks no TLS gets nothing; one of ours does not even try to go elsewhere without."""
    for port in (server.clients, server.peers):
        assert isinstance(await refusal(port, BearerText(tester_key())), Unavailable)
    with pytest.raises(FailedPrecondition, match=r"PLAINTEXT_REFUSED: .*192\.0\.2\.1"):
        open_channel("dns:///192.0.2.1:7210", BearerText(tester_key()))


async def test_certificates_of_others_are_refused_on_both_sides(server, certificates, tmp_path):
    """A client believes no authority but its own, and no certificate of another service; nor do servers."""
    strangers = new_certificates(tmp_path / "strangers")
    for believing in (person(strangers.authority.certificates), person(certificates.authority.certificates, "match")):
        found = await refusal(server.clients, believing)
        assert found.reason == "DETECT_NOT_TRUSTED"
    stranger = strangers.issue("ingest")
    # It believes the installation's authority, so that only the server has something against it.
    stranger.authorities.write_bytes(certificates.authority.certificates)
    assert isinstance(await refusal(server.peers, token_with(stranger)), Unavailable)


async def test_what_has_expired_is_refused_on_both_sides(serve, certificates):
    """A certificate that ends while its owner runs is worth nothing any more; with one that has ended none starts."""
    brief = timedelta(seconds=6)
    good, ending = certificates.issue("match"), certificates.issue("ingest", brief)
    caller, believer = token_with(ending), person(certificates.authority.certificates)
    async with serve() as server:
        before = await shown(server.clients)
        certificates.issue("detect", brief)
        assert await shown(server.clients) != before
        await asyncio.sleep(brief.total_seconds())
        for port, credentials in ((server.peers, token_with(good, "match")), (server.clients, believer)):
            assert (await refusal(port, credentials)).reason == "DETECT_NOT_TRUSTED"
        certificates.issue("detect")
        assert isinstance(await refusal(server.peers, caller), Unavailable)
        assert await ask(server.peers, token_with(good, "match")) == "match"
    certificates.issue("detect", -brief)
    with pytest.raises(FailedPrecondition, match=r"CERTIFICATE_EXPIRED: .*sightline certificates renew"):
        async with serve():
            pass


async def test_certificates_are_renewed_under_calls(server, certificates):
    """Both sides get new certificates twice while calls go on: none fails, and the new ones are what is shown."""
    ingest = certificates.issue("ingest")
    over, answers = asyncio.Event(), []

    async def calling(stub) -> None:
        while not over.is_set():
            answers.append((await stub.DetectFaces(REQUEST, timeout=60)).detector_id)

    async with open_channel(f"127.0.0.1:{server.peers}", token_with(ingest)) as channel:
        stub = detect_service_pb2_grpc.DetectServiceStub(channel)
        callers = [asyncio.create_task(calling(stub)) for _ in range(4)]
        for _ in range(2):
            before = await shown(server.clients)
            certificates.issue("detect")
            certificates.issue("ingest")
            assert await shown(server.clients) != before
            count = len(answers)
            async with asyncio.timeout(60):
                while len(answers) < count + 20:
                    await asyncio.sleep(0.02)
            assert channel.present() is not None
        over.set()
        await asyncio.gather(*callers)
    assert set(answers) == {"ingest"}
    assert len(answers) >= 40


async def shown(port) -> int:
    """The serial number of the certificate that a new connection sees."""
    pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port), timeout=60)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number
