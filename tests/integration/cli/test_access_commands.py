"""`sightline grants`, `keys`, `whoami` and `audit` against a running notify."""

import asyncio
import json
import os
import sys
from contextlib import suppress

import pytest
import typer
from secrets_for_tests import secrets_folder, tester_key
from typer.testing import CliRunner

from sightline.chassis.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound, Unauthenticated
from sightline.chassis.identity.api_key import parse
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.ids import derived_id
from sightline.cli import api_keys, audit, grants, whoami
from sightline.cli.secrets_writer import write_secrets

A = "a" * 26
ISSUER = ["--oidc-issuer", "https://idp.example", "--oidc-subject", "u-17"]


def build_app():
    """The commands of this file."""
    app = typer.Typer()
    app.add_typer(grants.app, name="grants")
    app.add_typer(api_keys.app, name="keys")
    app.command()(whoami.whoami)
    app.add_typer(audit.app, name="audit")
    return app


@pytest.fixture
def sightline(bus, nats_server, service_process, tmp_path):
    """A function that runs the command with a key (the tester's) and gives what it said; it raises its error."""
    service = service_process("notify", nats_url=nats_server.url, state_dir=tmp_path / "state")
    service.wait_serving()
    app = build_app()

    def environment_of(key=None):
        return {
            "SIGHTLINE_NOTIFY_TARGET": service.target,
            "SIGHTLINE_API_KEY": key or tester_key(),
            "SIGHTLINE_STATE_DIR": str(tmp_path),
            "COLUMNS": "300",
        }

    async def run(*arguments, key=None):
        environment = environment_of(key)
        result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    run.environment = environment_of()
    return run


async def test_somebody_is_let_in(sightline):
    """A handle is granted a role, gets a key, and is who they are with it; the key alone is on standard output."""
    said = await sightline("grants", "set", "ann", "--role", "viewer", "--watchlist", A)
    assert "ann" in said.stdout
    assert "viewer has no camera" in said.stderr
    assert "keys create NAME --for ann" in said.stderr
    made = await sightline("keys", "create", "laptop", "--for", "ann", "--expires", "30d")
    key = made.stdout.strip()
    assert parse(key) is not None
    assert parse(key).id in made.stderr
    assert key not in made.stderr
    me = await sightline("whoami", key=key)
    for text in ("ann", derived_id("subject", "ann"), f"api-key {parse(key).id}", "viewer", A):
        assert text in me.stdout
    told = json.loads((await sightline("whoami", "--json", key=key)).stdout)
    assert (told["handle"], told["credential_kind"]) == ("ann", "api-key")
    assert told["grants"] == [{"role": "ROLE_VIEWER", "watchlist_ids": [A], "camera_ids": []}]


async def test_grants_are_shown_switched_off_and_on(sightline):
    """Disabled, somebody's key opens nothing and their rights are kept; enabled again it does."""
    await sightline("grants", "set", "ann", "--role", "operator", "--watchlist", "*", "--camera", "*")
    key = (await sightline("keys", "create", "laptop", "--for", "ann")).stdout.strip()
    await sightline("grants", "disable", "ann", "--purpose", "on leave")
    with pytest.raises(Unauthenticated):
        await sightline("whoami", key=key)
    shown = json.loads((await sightline("grants", "show", "ann", "--json")).stdout)
    assert shown["disabled"] is True
    # What `set` does not speak of stays.
    await sightline("grants", "set", "ann", "--role", "viewer", "--watchlist", "*", "--camera", "*")
    assert "disabled" in (await sightline("grants", "list")).stdout
    await sightline("grants", "enable", "ann")
    assert "viewer" in (await sightline("whoami", key=key)).stdout
    listed = json.loads((await sightline("grants", "list", "--json")).stdout)
    assert {each["handle"] for each in listed} == {"tester", "ann"}


async def test_nobody_loses_everything_by_a_forgotten_option(sightline):
    """Rights are replaced: without any given the command refuses, unless told to take all away."""
    await sightline("grants", "set", "ann", "--role", "auditor")
    for wrong in ([], ["--nothing", "--role", "viewer"]):
        with pytest.raises(InvalidInput, match="GRANT_INVALID"):
            await sightline("grants", "set", "ann", *wrong)
    assert "auditor" in (await sightline("grants", "show", "ann")).stdout
    assert "they may do nothing" in (await sightline("grants", "set", "ann", "--nothing")).stdout


async def test_somebody_of_an_identity_provider_is_let_in(sightline):
    """By issuer and subject instead of a handle; half of it, or both, is refused before anything is asked."""
    said = await sightline("grants", "set", *ISSUER, "--grant", f"role=viewer,watchlist={A},camera=*")
    assert "u-17 at https://idp.example" in said.stdout
    for wrong in (ISSUER[:2], ["ann", *ISSUER], []):
        with pytest.raises(InvalidInput, match="SUBJECT_UNCLEAR"):
            await sightline("grants", "set", *wrong, "--role", "viewer")


async def test_the_last_administrator_is_told(sightline):
    """What the service refuses is said as it said it."""
    with pytest.raises(FailedPrecondition, match="LAST_ADMIN"):
        await sightline("grants", "disable", "tester")
    with pytest.raises(NotFound, match="SUBJECT_NOT_FOUND"):
        await sightline("grants", "show", "nobody")


async def test_a_key_is_rotated_and_revoked(sightline):
    """The successor alone is on standard output; a whole key can be revoked by what was leaked of it: all."""
    old = (await sightline("keys", "create", "laptop", "--role", "viewer", "--watchlist", A)).stdout.strip()
    rotated = await sightline("keys", "rotate", parse(old).id, "--overlap", "0")
    new = rotated.stdout.strip()
    assert parse(new) is not None
    assert "ends now" in rotated.stderr
    with pytest.raises(Unauthenticated):
        await sightline("whoami", key=old)
    assert A in (await sightline("whoami", key=new)).stdout
    said = await sightline("keys", "revoke", new)
    assert new not in said.output
    with pytest.raises(Unauthenticated):
        await sightline("whoami", key=new)
    with pytest.raises(InvalidInput, match="KEY_INVALID") as refused:
        await sightline("keys", "revoke", new[:-1])
    assert new[4:-1] not in str(refused.value)


async def test_keys_are_listed(sightline):
    """With owner, roles, end and state; those that have ended on request alone."""
    await sightline("grants", "set", "ann", "--role", "viewer")
    works = parse((await sightline("keys", "create", "laptop", "--for", "ann")).stdout.strip()).id
    ended = parse((await sightline("keys", "create", "phone", "--for", "ann", "--role", "viewer")).stdout.strip()).id
    await sightline("keys", "revoke", ended)
    shown = (await sightline("keys", "list", "--for", "ann")).stdout
    assert works in shown
    assert ended not in shown
    [line] = [line for line in shown.splitlines() if works in line]
    assert line.split()[1:3] == ["ann", "laptop"]
    assert "all of its owner" in line
    everything = (await sightline("keys", "list", "--for", "ann", "--all")).stdout
    [line] = [line for line in everything.splitlines() if ended in line]
    assert line.split()[-1] == "revoked"
    listed = json.loads((await sightline("keys", "list", "--for", "ann", "--all", "--json")).stdout)
    assert {key["id"] for key in listed} == {works, ended}
    assert "hash" not in json.dumps(listed)


async def test_the_trail_is_read(sightline):
    """Entries of one handle's doing, as lines for people and as JSON for programs."""
    await sightline("grants", "set", "ann", "--role", "viewer", "--purpose", "new colleague")
    said = (await sightline("audit", "list", "--subject", "tester", "--action", "access.set")).stdout
    [line] = said.splitlines()
    for text in ("access.set_grants", derived_id("subject", "ann"), "ok", "was: nothing", "new colleague"):
        assert text in line
    told = json.loads((await sightline("audit", "list", "--json", "--action", "access.set")).stdout)
    assert told["event"]["principal"] == derived_id("subject", "tester")
    assert (await sightline("audit", "list", "--subject", "ann")).stdout == ""
    told = (await sightline("audit", "list", "--limit", "1", "--object", derived_id("subject", "ann"))).stdout
    assert told == f"{line}\n"
    assert (await sightline("audit", "list", "--until", "2020-01-01")).stdout == ""
    assert line in (await sightline("audit", "list", "--since", "2020-01-01")).stdout


async def test_the_trail_is_anchored_exported_and_checked(sightline, tmp_path):
    """Once something is sealed: the last seal as a line, the trail as a file, and nothing wrong with either."""
    key = ["--key", str(secrets_folder().audit_seal_public)]
    await sightline("grants", "set", "ann", "--role", "viewer")
    async with asyncio.timeout(60):
        while True:
            with suppress(NotFound):
                taken = await sightline("audit", "anchor", "--out", str(tmp_path / "anchors"), *key)
                break
            await asyncio.sleep(1)
    assert "seal 1, up to entry" in taken.stderr
    [line] = (await sightline("audit", "anchor", *key)).stdout.splitlines()
    assert json.loads(line)["seal"]["signature"]
    said = await sightline("audit", "export", str(tmp_path / "trail"))
    assert "written to" in said.stdout
    for source in ([], ["--file", str(tmp_path / "trail")]):
        told = await sightline("audit", "verify", "--json", "--anchor", str(tmp_path / "anchors"), *key, *source)
        assert told.stderr == ""
        assert json.loads(told.stdout)["findings"] == []
    with pytest.raises(AlreadyExists, match="FILE_EXISTS"):
        await sightline("audit", "export", str(tmp_path / "trail"))
    other = SecretsFolder(tmp_path / "other")
    write_secrets(other.path, "tester")
    with pytest.raises(FailedPrecondition, match="SEAL_FORGED"):
        await sightline("audit", "anchor", "--key", str(other.audit_seal_public))
    with pytest.raises(FailedPrecondition, match="AUDIT_TRAIL_DIFFERS"):
        await sightline("audit", "verify", "--key", str(other.audit_seal_public))


async def test_the_trail_is_followed(sightline):
    """From behind a sequence on, and then as entries come, until it is ended."""
    await sightline("grants", "set", "ann", "--role", "viewer")
    command = [sys.executable, "-m", "sightline.cli", "audit", "follow", "--after", "0", "--action", "access."]
    environment = {**os.environ, **sightline.environment}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(60):
            assert derived_id("subject", "ann") in (await process.stdout.readline()).decode()
            await sightline("grants", "set", "bob", "--role", "viewer")
            assert derived_id("subject", "bob") in (await process.stdout.readline()).decode()
    finally:
        process.kill()
        await process.wait()
