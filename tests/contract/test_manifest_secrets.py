"""Who gets which secrets in Compose and Kubernetes: its own, read-only, and none of them from the files."""

import os
import re
import subprocess

import pytest
from manifests import ALL, COMPOSE, SERVICES, SHARED, WORKLOADS, container, of_kind, pod

from sightline.cli.secrets_writer import write_secrets

# As root without any capability: who has none may not write what nobody may.
WITHOUT_RIGHTS = [] if os.geteuid() else ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
ON_GPUS = ("detect-gpu", "embed-gpu")
SECRETS_OF_ALL = ("callers.key", "services.json")
SECRETS_OF_ONE = {
    "ingest": ("cameras.key",),
    "gateway": ("aws.key",),
    "match": ("installation.key", "rotation.key", "qdrant.key", "audit-seal.pub"),
    "notify": ("alerts.key", "audit-seal.key", "first-admin.json"),
}


def test_no_secrets_are_in_the_files():
    """Keys are named, never contained: no object of kind Secret, and no variable that could hold one has a value."""
    assert not of_kind("Secret")
    variables = [item for service in COMPOSE.values() for item in service.get("environment", {}).items()]
    for workload in WORKLOADS.values():
        variables += [(each["name"], each["value"]) for each in container(workload).get("env", []) if "value" in each]
    holding = [(name, value) for name, value in variables if re.search(r"KEY|TOKEN|PASSWORD|SECRET$", name)]
    assert holding
    named = {value for _, value in holding if re.fullmatch(r"/var/lib/sightline/[a-z/]+/tls\.key", value)}
    assert {value for _, value in holding} - named <= {f"${{{name}:-}}" for name, _ in holding}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_gets_its_own_secrets_and_no_others(name):
    """In Kubernetes each service sees the files that it reads, where its settings say, and no other service's key."""
    volumes = {each["name"]: each["secret"] for each in pod(WORKLOADS[name]).get("volumes", []) if "secret" in each}
    tls = volumes.pop("tls", None)
    assert tls == (None if name == "models" else {"secretName": f"{name}-tls", "defaultMode": 0o440})
    if name == "provision":
        assert [item["key"] for item in volumes["secrets"]["items"]] == ["provision.nk"]
        return
    if name not in ALL:
        assert not volumes
        return
    (secret,) = volumes.values()
    (mount,) = [each for each in container(WORKLOADS[name])["volumeMounts"] if each["name"] == "secrets"]
    assert (secret["secretName"], oct(secret["defaultMode"])) == ("sightline-secrets", "0o440")
    assert mount["readOnly"] is True
    assert mount["mountPath"] == SHARED["SIGHTLINE_SECRETS_DIR"]
    # The gateway neither recognises callers nor signs calls.
    of_services = {*SECRETS_OF_ALL, f"{name}.key"} if name in SERVICES else set()
    assert {item["key"] for item in secret["items"]} == of_services | {f"{name}.nk", *SECRETS_OF_ONE.get(name, ())}
    assert all(item["key"] == item["path"] for item in secret["items"])


def test_the_secrets_that_pods_get_are_those_that_init_makes(tmp_path):
    """A file that a pod waits for and `sightline init` does not write would keep it from starting."""
    write_secrets(tmp_path / "secrets")
    made = {path.name for path in (tmp_path / "secrets").iterdir() if path.is_file()}
    certificates = {path.name for path in (tmp_path / "secrets" / "tls").iterdir() if path.is_dir()}
    assert certificates == WORKLOADS.keys() - {"models"}
    given = {f"{name}.{kind}" for name in SERVICES for kind in ("key", "nk")}
    given |= {"provision.nk", "gateway.nk", "nats-accounts.conf"}.union(SECRETS_OF_ALL, *SECRETS_OF_ONE.values())
    # For those who operate, back up and restore; services need none of them.
    assert made - given == {"operator.nk", "backup.nk", "restore.nk"}
    assert not given - made


def test_qdrant_asks_for_the_key_that_match_shows(tmp_path):
    """In Compose as in Kubernetes it is what `init` made; where that is empty, Qdrant does not start open to all."""
    [key] = [each for each in container(WORKLOADS["qdrant"])["env"] if each["name"] == "QDRANT__SERVICE__API_KEY"]
    assert key["valueFrom"] == {"secretKeyRef": {"name": "sightline-secrets", "key": "qdrant.key"}}
    shell, option, script = COMPOSE["qdrant"]["entrypoint"]
    folder, file = COMPOSE["init"]["command"][1], tmp_path / "qdrant.key"
    assert f"{folder}/qdrant.key" in script
    script = script.replace(folder, str(tmp_path)).replace("$$", "$")
    (tmp_path / "entrypoint.sh").write_text('#!/bin/sh\nprintf "it runs with %s" "$QDRANT__SERVICE__API_KEY"\n')
    (tmp_path / "entrypoint.sh").chmod(0o755)

    def started() -> tuple[int, str]:
        ended = subprocess.run([shell, option, script], cwd=tmp_path, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout

    assert started() == (1, "")
    file.write_text("")
    assert started() == (1, "")
    file.write_text("some-key\n")
    assert started() == (0, "it runs with some-key")


@pytest.mark.parametrize("name", COMPOSE)
def test_containers_read_secrets_and_one_makes_them(name):
    """In Compose only those can write the secrets that people call: `init`, without network and log, and `keeper`."""
    service = COMPOSE[name]
    mounts = [volume for volume in service.get("volumes", []) if volume.startswith("secrets:")]
    assert all(mount.endswith(":ro") for mount in mounts) or name in {"init", "keeper"}
    assert bool(mounts) == (name in {*ALL, *ON_GPUS, "provision", "nats", "qdrant", "init", "keeper", "secrets"})
    if name in ALL:
        assert service["depends_on"]["secrets"] == {"condition": "service_completed_successfully"}
        assert service["environment"]["SIGHTLINE_SECRETS_DIR"] == COMPOSE["init"]["command"][1]
    if name == "init":
        assert (service["network_mode"], service["logging"], service["profiles"]) == (
            "none",
            {"driver": "none"},
            [name],
        )
    if name == "keeper":
        assert (service["networks"], service["profiles"], service["restart"]) == (["inner"], ["tools"], "no")


def test_the_authority_is_given_out_again_at_every_start(tmp_path):
    """A file that nobody may write is there since the last `up`; whoever runs the container is not root."""
    (*_, script) = COMPOSE["secrets"]["entrypoint"]
    for folder in ("installation/tls", "state"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("tls/ca.crt", "qdrant.key"):
        (tmp_path / "installation" / name).write_text("one")
    script = script.replace("$$", "$").replace("/var/lib/sightline", str(tmp_path))
    environment = {"SIGHTLINE_SECRETS_DIR": str(tmp_path / "installation"), "PATH": os.environ["PATH"]}
    for text in ("one", "another"):
        (tmp_path / "installation/tls/ca.crt").write_text(text)
        subprocess.run([*WITHOUT_RIGHTS, "sh", "-c", script], env=environment, check=True)
        assert (tmp_path / "state/ca.crt").read_text() == text
        assert (tmp_path / "state/ca.crt").stat().st_mode & 0o777 == 0o444
