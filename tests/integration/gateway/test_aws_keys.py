"""Pairs of access keys, on a real broker and with a real notify, by HTTP and by the command."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace

import boto3
import httpx
import pytest
import typer
import uvicorn
from botocore.exceptions import ClientError
from broker import run_closed_nats_server
from grants_for_tests import grant
from key_files import new_key, write_keys
from known_callers import until_known
from prometheus_client import CollectorRegistry
from secrets_for_tests import admit, secrets_folder, tester_key
from starlette.applications import Starlette
from typer.testing import CliRunner
from video_system import prepare_broker

from sightline.chassis.audit import Auditor
from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import NotFound
from sightline.chassis.ids import derived_id
from sightline.chassis.key_file import KeyFile
from sightline.chassis.parties import OPERATOR
from sightline.chassis.rewrap import Rewrap
from sightline.chassis.topology import AUDIT, AWS_KEYS
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.cli import api_keys
from sightline.gateway.application import application
from sightline.gateway.aws_keys.aws_key import ID_PATTERN, AwsKey, new_access_key_id, new_secret_access_key, now
from sightline.gateway.aws_keys.book import AwsKeyBook
from sightline.gateway.aws_keys.desk import AwsKeyDesk
from sightline.gateway.aws_keys.routes import aws_key_routes
from sightline.gateway.body import BodyGate
from sightline.gateway.rekognition.arns import Arns
from sightline.gateway.rekognition.endpoint import Desk, Endpoint
from sightline.gateway.rekognition.operations import OPERATIONS
from sightline.gateway.rekognition.sigv4 import SigV4
from sightline.gateway.rekognition.stored_pictures import StoredPictures
from sightline.gateway.rest.routes import routes
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.upstream import open_upstream
from sightline.v1.events_pb2 import AuditEvent

WANTED = {"name": "script", "purpose": "access control", "legal_basis": "consent", "collection_days": 30}


@pytest.fixture
async def system(bus, nats_server, service_process, tmp_path):
    """The routes over a book, with notify behind them; and a second book, as another replica has it."""
    notify = service_process("notify", nats_url=nats_server.url, state_dir=tmp_path / "state")
    file = write_keys(tmp_path / "aws.key", new_key())
    book, other = AwsKeyBook(bus, file), AwsKeyBook(bus, file)
    settings = GatewaySettings(notify_target=notify.target)
    async with AsyncExitStack() as stack:
        for each in (book, other):
            await stack.enter_async_context(each.following())
        upstream = await stack.enter_async_context(open_upstream(settings))
        gate = BodyGate(10**6, 5.0)
        keys = aws_key_routes(AwsKeyDesk(book, Auditor(bus, "gateway")), upstream, gate, "us-east-1")
        app = application(routes(upstream, gate, settings, asyncio.Event(), keys), CollectorRegistry())
        await asyncio.to_thread(notify.wait_serving)
        yield SimpleNamespace(app=app, book=book, other=other, bus=bus, notify=notify, upstream=upstream)


@pytest.fixture
async def calling(system):
    """A function that gives an HTTP client with this API key."""
    async with AsyncExitStack() as stack:

        async def client(key):
            transport = httpx.ASGITransport(system.app)
            headers = {"authorization": f"Bearer {key}"}
            made = httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers)
            return await stack.enter_async_context(made)

        yield client


async def eventually(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def audited(bus):
    """Actions of the gateway, whose they were and how they ended."""
    state = (await bus.js.stream_info(AUDIT)).state
    entries = [await bus.js.get_msg(AUDIT, seq=seq) for seq in range(1, state.last_seq + 1)]
    events = [AuditEvent.FromString(entry.data) for entry in entries]
    return [(each.action, each.object_id, each.outcome) for each in events if each.service == "gateway"]


async def test_a_pair_stands_for_the_key_that_was_shown(system, calling):
    """Made, known to every replica, shown without its secret, not to others, ended, audited; and always sealed."""
    ann, ben = [await admit(system.bus, name, grant("viewer", ["*"], ["*"])) for name in ("ann", "ben")]
    await until_known(ben, notify=system.notify.target)
    hers, his, admin = [await calling(key) for key in (ann, ben, tester_key())]
    answer = await hers.post("/v1/aws-keys", json=WANTED)
    made = answer.json()
    key_id, secret = made["access_key_id"], made["secret_access_key"]
    assert (answer.status_code, answer.headers["cache-control"], made["region"]) == (201, "no-store", "us-east-1")
    assert ID_PATTERN.fullmatch(key_id)
    assert len(secret) == 40
    await eventually(lambda: system.other.find(key_id))
    found = system.other.find(key_id)
    assert (found.api_key, found.secret_access_key, found.collection_days) == (ann, secret, 30)
    assert found.expire_time is not None
    shown = (await hers.get(f"/v1/aws-keys/{key_id}")).json()
    assert not {"secret_access_key", "api_key"} & shown.keys()
    assert [each["access_key_id"] for each in (await admin.get("/v1/aws-keys")).json()["aws_keys"]] == [key_id]
    assert (await his.get("/v1/aws-keys")).json() == {"aws_keys": []}
    assert [(await his.request(method, f"/v1/aws-keys/{key_id}")).status_code for method in ("GET", "DELETE")] == [
        404
    ] * 2
    stored = await system.bus.js.get_last_msg(f"KV_{AWS_KEYS}", f"$KV.{AWS_KEYS}.>")
    assert not [each for each in (secret, ann, "access control", key_id) if each.encode() in stored.data]
    assert (await hers.delete(f"/v1/aws-keys/{key_id}")).status_code == 204
    await eventually(lambda: system.other.find(key_id) is None)
    assert (await system.bus.js.stream_info(f"KV_{AWS_KEYS}")).state.messages == 1
    assert await audited(system.bus) == [
        ("aws_keys.create", key_id, "ok"),
        ("aws_keys.delete", key_id, "AWS_KEY_NOT_FOUND"),
        ("aws_keys.delete", key_id, "ok"),
    ]


async def test_what_cannot_be_made_is_told(system, calling):
    """Nobody, a key that nobody has, half a request, one too large: a problem with a reason, and nothing is stored."""
    nobody, tester = await calling("slk_nothing"), await calling(tester_key())
    missing = httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://gateway")
    answers = [
        await missing.get("/v1/aws-keys"),
        await nobody.post("/v1/aws-keys", json=WANTED),
        await tester.post("/v1/aws-keys", json=WANTED | {"purpose": " "}),
        await tester.post("/v1/aws-keys", json=WANTED | {"secret": "mine"}),
        await tester.post("/v1/aws-keys", content=b"{"),
        await tester.post("/v1/aws-keys", content=b"x" * 20_000),
        await tester.put("/v1/aws-keys"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 400, 400, 400, 413, 405]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    reasons = [answer.json()["reason"] for answer in answers]
    assert reasons[0] == "CREDENTIALS_MISSING"
    assert reasons[2:] == ["AWS_KEY_INVALID"] * 3 + ["BODY_TOO_LARGE", "METHOD_NOT_ALLOWED"]
    assert answers[-1].headers["allow"] == "GET, POST"
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert "mine" not in answers[3].text
    assert system.book.all() == []


async def test_boto3_is_believed_with_a_pair(system, calling, free_port):
    """boto3, as it is, reaches the operation; with a guessed secret, and once the pair has ended, it does not."""
    tester = await calling(tester_key())
    pair = (await tester.post("/v1/aws-keys", json=WANTED)).json()
    gate = BodyGate(10**6, 5.0)
    desk = Desk(system.upstream, Arns("us-east-1", "0" * 12), None, None, None, StoredPictures(None, gate, 5.0))
    endpoint = Endpoint(OPERATIONS, SigV4(system.book, "us-east-1"), gate, desk)
    async with served(Starlette(routes=[endpoint.route]), free_port):

        async def code_of(secret):
            client = boto3.client(
                "rekognition",
                endpoint_url=f"http://127.0.0.1:{free_port}",
                region_name="us-east-1",
                aws_access_key_id=pair["access_key_id"],
                aws_secret_access_key=secret,
            )
            with pytest.raises(ClientError) as caught:
                await asyncio.to_thread(client.create_face_liveness_session, ClientRequestToken="t-1")
            return caught.value.response["Error"]["Code"]

        assert await code_of(pair["secret_access_key"]) == "AccessDeniedException"
        assert await code_of("guessed") == "InvalidSignatureException"
        await tester.delete(f"/v1/aws-keys/{pair['access_key_id']}")
        assert await code_of(pair["secret_access_key"]) == "UnrecognizedClientException"


@asynccontextmanager
async def served(app, port):
    """The application behind a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level=logging.CRITICAL, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield
    server.should_exit = True
    await serving


async def test_the_command_makes_lists_and_ends_pairs(system, free_port, tmp_path):
    """`keys aws create` prints what AWS's tools read, with an API key of its own that `delete` revokes."""
    app = typer.Typer()
    app.add_typer(api_keys.app, name="keys")
    environment = {
        "SIGHTLINE_NOTIFY_TARGET": system.notify.target,
        "SIGHTLINE_GATEWAY_URL": f"http://127.0.0.1:{free_port}",
        "SIGHTLINE_API_KEY": tester_key(),
        "SIGHTLINE_STATE_DIR": str(tmp_path / "none"),
        "COLUMNS": "300",
    }

    async def sightline(*words):
        result = await asyncio.to_thread(CliRunner().invoke, app, ["keys", *words], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    async with served(system.app, free_port):
        options = ("--purpose", "access control", "--legal-basis", "consent", "--role", "viewer", "--watchlist", "*")
        made = await sightline(
            "aws", "create", "script", *options, "--case", "17", "--expires", "12h", "--format", "env"
        )
        said = dict(line.removeprefix("export ").split("=", 1) for line in made.stdout.splitlines())
        pair = system.book.find(said["AWS_ACCESS_KEY_ID"].strip("'"))
        assert said["AWS_SECRET_ACCESS_KEY"] == f"'{pair.secret_access_key}'"
        assert said["AWS_ENDPOINT_URL_REKOGNITION"] == f"'http://127.0.0.1:{free_port}'"
        assert (pair.purpose, pair.case_reference, pair.api_key == tester_key()) == ("access control", "17", False)
        assert pair.secret_access_key not in made.stderr
        listed = json.loads((await sightline("aws", "list", "--json")).stdout)
        assert [each["access_key_id"] for each in listed] == [pair.access_key_id]
        assert pair.access_key_id in (await sightline("aws", "list")).stdout
        keys = json.loads((await sightline("list", "--json")).stdout)
        assert {"aws: script"} == {key["name"] for key in keys if key["id"] == pair.api_key_id}
        await sightline("aws", "delete", pair.access_key_id)
        keys = json.loads((await sightline("list", "--json")).stdout)
        assert not [key for key in keys if key["id"] == pair.api_key_id]
        with pytest.raises(NotFound, match="AWS_KEY_NOT_FOUND"):
            await sightline("aws", "delete", pair.access_key_id)


async def test_a_rotation_leaves_pairs_as_they_are(tmp_path):
    """On a broker that lets each to its own: an operator wraps a pair anew, the gateway goes on with it and ends it."""
    old, new = new_key(), new_key()
    file = write_keys(tmp_path / "aws.key", old)
    pair = AwsKey(
        *(new_access_key_id(), new_secret_access_key(), tester_key(), "key", "subject", "name", "test", "consent", ""),
        collection_days=30,
        create_time=now(),
        expire_time=None,
    )
    with run_closed_nats_server(tmp_path / "nats") as server:
        await prepare_broker(server.tester_url)
        keys = {party: secrets_folder().broker_key(party) for party in ("gateway", OPERATOR)}
        async with connect_bus(server.url, "gateway", key=keys["gateway"]) as bus:
            book = AwsKeyBook(bus, file)
            async with book.following():
                await book.add(pair)
                write_keys(file.path, new, old)
                async with connect_bus(server.url, OPERATOR, key=keys[OPERATOR]) as operator:
                    stored = WrappedKeys(operator, AWS_KEYS)
                    assert await Rewrap(stored, KeyFile(file.path)).run() == 1
                    newest = await stored.newest_of([derived_id("aws access key", pair.access_key_id)])
                sequence = {revision.sequence for revision in newest.values()}
                await eventually(lambda: {entry.revision for entry in book._copy.entries.values()} == sequence)
                write_keys(file.path, new)
                assert book.find(pair.access_key_id) == pair
                assert book.all() == [pair]
                await book.remove(pair.access_key_id)
                assert book.find(pair.access_key_id) is None
        assert server.violations == []
