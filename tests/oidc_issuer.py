"""An identity provider on loopback: a real HTTP server with real keys that signs people in as RFC 8628 has it."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from free_ports import find_free_port

AUDIENCE = "sightline"
CLIENT = "sightline-cli"
GRANT_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

_JWK = {"ES256": "ES256", "ES384": "ES384", "EdDSA": "EdDSA", "RS256": "RS256", "PS256": "RS256"}


@cache
def rsa_key(bits=2048):
    """Made once: they take their time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _private_key(algorithm):
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "ES384":
            return ec.generate_private_key(ec.SECP384R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
    return rsa_key()


@dataclass
class SigningKey:
    """A key of the issuer. `has_alg`: whether the published key says what it is for."""

    algorithm: str = "ES256"
    kid: str | None = field(default_factory=lambda: secrets.token_hex(4))
    has_alg: bool = True

    @cached_property
    def private(self):
        return _private_key(self.algorithm)

    def published(self):
        """As a JSON Web Key."""
        verifier = jwt.get_algorithm_by_name(_JWK[self.algorithm])
        found = verifier.to_jwk(self.private.public_key(), as_dict=True)
        found = {name: value for name, value in found.items() if name != "key_ops"} | {"use": "sig"}
        if self.kid is not None:
            found["kid"] = self.kid
        return found | ({"alg": self.algorithm} if self.has_alg else {})


@dataclass
class SignIn:
    """A device that waits for somebody to let it in."""

    user_code: str
    answer: str = "authorization_pending"
    slow_downs: int = 0


class Issuer:
    """The provider. What a test sets, such as `bodies` or `delay`, its next answers follow.

    Attributes:
        requests: how often each path was asked for.
        forms: what was posted, in order.
        bodies: raw bytes to answer a path with, instead of what belongs there.
        redirects: addresses to send the readers of a path to.
        statuses: what the next answers of a path are instead of what they would be, in order.
        delay: seconds before each answer.
        described: changes to the discovery document; None takes a field out.
        token_fields: changes to the answers of the token endpoint, likewise.
        lifetime: seconds that its tokens live.
    """

    def __init__(self):
        self.keys = [SigningKey()]
        self.requests, self.forms = Counter(), []
        self.bodies, self.redirects, self.statuses, self.delay = {}, {}, {}, 0.0
        self.described, self.token_fields, self.sign_in_fields = {}, {}, {}
        self.lifetime = 300
        self._sign_ins, self._refresh_tokens = {}, set()
        # Where it comes back after it was away: none that a system gives to outgoing connections meanwhile.
        self._port, self._server, self._thread = find_free_port(), None, None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self._server is not None:
            self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def start(self):
        """Starts it, again at the same port."""
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.issuer = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self):
        """Away: connections are refused."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = None

    def claims(self, **changes):
        """Of a token that is in order; a change to None takes a claim out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + self.lifetime}
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def mint(self, *, key=None, headers=None, **changes):
        """A token, signed with the newest key unless another is named."""
        key = key or self.keys[-1]
        kid = {} if key.kid is None else {"kid": key.kid}
        return jwt.encode(self.claims(**changes), key.private, key.algorithm, headers=kid | (headers or {}))

    def rotate(self, key=None):
        """Signs with a new key from now on; the old ones stay published."""
        self.keys = [*self.keys, key or SigningKey()]

    def retire(self):
        """Publishes the newest key alone."""
        self.keys = self.keys[-1:]

    def approve(self, user_code):
        """Somebody typed the code and agreed."""
        self._sign_in(user_code).answer = "approved"

    def refuse(self, user_code, error="access_denied"):
        """The device gets this error from now on."""
        self._sign_in(user_code).answer = error

    def slow_down(self, user_code, times):
        """The next polls are told to come less often."""
        self._sign_in(user_code).slow_downs = times

    def revoke_refresh_tokens(self):
        """Every session ends."""
        self._refresh_tokens.clear()

    def codes(self):
        """Codes that wait to be typed."""
        return [sign_in.user_code for sign_in in self._sign_ins.values()]

    def discovery(self):
        """Its description."""
        usual = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint": f"{self.url}/token",
            "device_authorization_endpoint": f"{self.url}/device",
        }
        return _changed(usual, self.described)

    def authorize_device(self, form):
        """RFC 8628, 3.2."""
        if form.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        device_code, user_code = secrets.token_urlsafe(16), secrets.token_hex(4).upper()
        self._sign_ins[device_code] = SignIn(user_code)
        usual = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": f"{self.url}/activate",
            "verification_uri_complete": f"{self.url}/activate?user_code={user_code}",
            "expires_in": 600,
            "interval": 2,
        }
        return 200, _changed(usual, self.sign_in_fields)

    def give_token(self, form):
        """RFC 8628, 3.5, and RFC 6749, 6. A refresh token works once."""
        if form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") not in self._refresh_tokens:
                return 400, {"error": "invalid_grant"}
            self._refresh_tokens.discard(form["refresh_token"])
            return 200, self._tokens()
        sign_in = self._sign_ins.get(form.get("device_code"))
        if form.get("grant_type") != GRANT_DEVICE or sign_in is None:
            return 400, {"error": "invalid_grant"}
        if sign_in.slow_downs:
            sign_in.slow_downs -= 1
            return 400, {"error": "slow_down"}
        if sign_in.answer != "approved":
            return 400, {"error": sign_in.answer}
        return 200, self._tokens()

    def _tokens(self):
        refresh_token = secrets.token_urlsafe(16)
        self._refresh_tokens.add(refresh_token)
        usual = {
            "access_token": self.mint(),
            "id_token": self.mint(aud=CLIENT),
            "refresh_token": refresh_token,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
        }
        return _changed(usual, self.token_fields)

    def _sign_in(self, user_code):
        return next(each for each in self._sign_ins.values() if each.user_code == user_code)


def _changed(usual, changes):
    return {name: value for name, value in (usual | changes).items() if value is not None}


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        """A reader who goes away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        issuer, path = self.server.issuer, self.path
        issuer.requests[path] += 1
        time.sleep(issuer.delay)
        if path in issuer.redirects:
            self.answer(302, b"", Location=issuer.redirects[path])
        elif path in issuer.bodies:
            self.answer(200, issuer.bodies[path])
        elif path == "/.well-known/openid-configuration":
            self.answer(200, json.dumps(issuer.discovery()).encode())
        elif path == "/keys":
            self.answer(200, json.dumps({"keys": [key.published() for key in issuer.keys]}).encode())
        else:
            self.answer(404, b"not here")

    def do_POST(self):
        issuer, path = self.server.issuer, self.path
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        issuer.requests[path] += 1
        issuer.forms.append(form)
        if path in issuer.bodies:
            return self.answer(200, issuer.bodies[path])
        status, found = issuer.authorize_device(form) if path == "/device" else issuer.give_token(form)
        return self.answer(status, json.dumps(found).encode())

    def answer(self, status, body, **headers):
        instead = self.server.issuer.statuses.get(self.path)
        self.send_response(instead.pop(0) if instead else status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        """Say nothing."""
