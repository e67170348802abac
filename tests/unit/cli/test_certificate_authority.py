"""The certificates that an installation makes for itself, and those of an authority of the user's own."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from certificates import self_signed
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1

from sightline.chassis.errors import InvalidInput
from sightline.chassis.tls.certificate import Certificate
from sightline.cli.certificate_authority import CertificateAuthority


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> dict:
    """The certificate that the client has accepted for that name; both ends are in memory."""
    ends = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(*ends, server_hostname=name)
    other = server.wrap_bio(*reversed(ends), server_side=True)
    for _ in range(10):
        for end in (one, other):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one.getpeercert()


@pytest.fixture
def shown(tmp_path):
    """A function that makes a server's context out of what was issued."""

    def context(issued) -> ssl.SSLContext:
        (tmp_path / "tls.crt").write_bytes(issued.chain)
        (tmp_path / "tls.key").write_bytes(issued.key)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
        return server

    return context


def test_whoever_believes_the_authority_believes_its_certificates(shown):
    """By the strictest rules of OpenSSL, for every name and address in it, and for no other."""
    authority = CertificateAuthority.made()
    issued = authority.issue(("match", "match.example", "127.0.0.1"))
    client = ssl.create_default_context(cadata=authority.certificates.decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    for name in ("match", "match.example", "127.0.0.1"):
        assert handshake(client, shown(issued), name)["subject"] == ((("commonName", "match"),),)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(client, shown(issued), "notify")
    stranger = ssl.create_default_context(cadata=CertificateAuthority.made().certificates.decode())
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate"):
        handshake(stranger, shown(issued), "match")


def test_they_last_as_long_as_browsers_accept_and_the_authority_for_ten_years():
    """397 days and P-256, which browsers ask for; a certificate never outlives its authority."""
    authority = CertificateAuthority.made()
    [root] = x509.load_pem_x509_certificates(authority.certificates)
    leaf = Certificate.parse(*vars(authority.issue(["match"])).values(), authority.certificates)
    now = datetime.now(UTC)
    assert timedelta(days=3650) < root.not_valid_after_utc - now < timedelta(days=3653)
    assert timedelta(days=396) < leaf.end - now <= timedelta(days=397)
    assert isinstance(root.public_key().curve, SECP256R1)
    longer = authority.issue(["match"], timedelta(days=9999))
    assert x509.load_pem_x509_certificate(longer.chain).not_valid_after_utc <= root.not_valid_after_utc


def test_only_services_may_show_theirs_as_clients():
    """The broker's and Qdrant's certificates are of no use to whoever wants to be a service."""
    authority = CertificateAuthority.made()

    def uses(issued) -> set[str]:
        leaf = x509.load_pem_x509_certificate(issued.chain)
        found = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        return {use._name for use in found}

    assert uses(authority.issue(["match"])) == {"serverAuth", "clientAuth"}
    assert uses(authority.issue(["nats"], calls=False)) == {"serverAuth"}


def test_an_authority_of_the_users_own_is_read(tmp_path, shown):
    """What it issues is believed by whoever believes it; its files are PEM."""
    own = self_signed(tmp_path / "own", "Own authority")
    authority = CertificateAuthority.read(own.certificate.encode(), own.key_file.read_bytes())
    client = ssl.create_default_context(cadata=own.certificate)
    assert handshake(client, shown(authority.issue(["match"])), "match")


def test_what_is_no_authority_is_refused(tmp_path):
    """A leaf, somebody else's key, or no PEM at all: AUTHORITY_INVALID says which; nothing of the key is repeated."""
    own, other = (self_signed(tmp_path / name, name) for name in ("own", "other"))
    leaf = CertificateAuthority.made().issue(["match"])
    damaged = own.key_file.read_bytes().replace(b"\n", b"!", 2)
    wrong = [
        (own.certificate.encode(), other.key_file.read_bytes(), "another certificate"),
        (leaf.chain, leaf.key, "CA:TRUE"),
        (own.certificate.encode(), damaged, "PEM"),
    ]
    for certificate, key, why in wrong:
        with pytest.raises(InvalidInput, match=f"AUTHORITY_INVALID.*{why}") as caught:
            CertificateAuthority.read(certificate, key)
        assert key.decode()[40:60] not in str(caught.value)
