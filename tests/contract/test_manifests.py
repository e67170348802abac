"""Compose and Kubernetes say the same as each other, as the settings and as the broker's configuration."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from manifests import (
    ALL,
    COMPOSE,
    GATEWAY,
    ROOT,
    SERVICES,
    SHARED,
    WORKLOADS,
    container,
    of_kind,
    own_variables,
    pod,
    read,
)

from sightline.chassis.settings import ServiceSettings

FLOORS = {(2, 11): 16, (2, 12): 7, (2, 14): 0}

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="SKIPPED LOUDLY: kubectl is not on PATH")


def settings_class(service: str) -> type[ServiceSettings]:
    """The service's settings."""
    module = pytest.importorskip(f"sightline.{service}.settings", reason=f"{service} has no settings yet")
    (cls,) = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, ServiceSettings) and item is not ServiceSettings
    ]
    return cls


def settings_fields(service: str) -> dict:
    """Fields of the service's settings by the name of their variable."""
    cls = settings_class(service)
    return {f"SIGHTLINE_{name.upper()}": field for name, field in cls.model_fields.items()}


@needs_kubectl
def test_the_base_renders_and_validates():
    """Kustomize renders k8s/base, and every object of it passes strict validation."""
    rendered = subprocess.run(["kubectl", "kustomize", ROOT / "k8s/base"], capture_output=True, check=True).stdout
    validator = Path(sys.executable).with_name("kubernetes-validate")
    checked = subprocess.run([validator, "--strict", "-"], input=rendered, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()


def test_every_file_is_in_the_base():
    """What lies in k8s/base and is not listed would never be applied."""
    listed = read("k8s/base/kustomization.yaml")[0]
    named = {*listed["resources"], "kustomization.yaml", "README.md"}
    for generator in listed["configMapGenerator"]:
        named |= {*generator.get("envs", []), *generator.get("files", [])}
    assert {path.name for path in (ROOT / "k8s/base").iterdir()} == named


@pytest.mark.parametrize("name", WORKLOADS)
def test_pods_have_no_rights(name):
    """Every pod: no root, default seccomp filter, no API token, read-only root, no capabilities, bounded memory."""
    spec, only = pod(WORKLOADS[name]), container(WORKLOADS[name])
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == name
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert only["resources"]["limits"]["memory"]
    assert only["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("name", COMPOSE)
def test_containers_have_no_rights(name):
    """Every Compose container: read-only root, no capabilities, no new privileges, no ports but two on loopback."""
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    ports = service.get("ports", [])
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    # Grafana's, which is in the network of Prometheus, and the way in for HTTP.
    assert bool(ports) == (name in ("prometheus", "gateway"))
    # The one that gives new volumes to their users does that alone, without a network.
    assert ("cap_add" in service) == (name == "ownership")
    assert service.get("user") != "0:0" or service["network_mode"] == "none"


@pytest.mark.parametrize("service", SERVICES)
def test_ports_agree(service):
    """gRPC, health, metrics and peer ports are the same in the table, the settings, Compose and Kubernetes."""
    port = SERVICES[service]
    ports = {"GRPC": port, "HEALTH": port + 1, "METRICS": port + 2, "PEER": port + 3}
    only = container(WORKLOADS[service])
    assert {entry["name"].upper(): entry["containerPort"] for entry in only["ports"]} == ports
    assert only["readinessProbe"]["grpc"]["port"] == ports["HEALTH"]
    environment = {entry["name"]: entry.get("value") for entry in only["env"]}
    fields = settings_fields(service)
    for name, number in ports.items():
        variable = f"SIGHTLINE_{name}_PORT"
        assert environment[variable] == COMPOSE[service]["environment"][variable] == str(number)
        assert fields[variable].default == number
    assert COMPOSE[service]["healthcheck"]["test"][-1] == str(ports["HEALTH"])
    exposed = {entry["name"]: entry["port"] for entry in of_kind("Service")[service]["spec"]["ports"]}
    assert exposed == {"grpc": ports["GRPC"], "metrics": ports["METRICS"], "peer": ports["PEER"]}


def test_ports_of_the_gateway_agree():
    """HTTPS, health and metrics are on the same ports in the table, the settings, Compose and Kubernetes."""
    ports = {"HTTP": GATEWAY, "HEALTH": GATEWAY + 1, "METRICS": GATEWAY + 2}
    only, fields = container(WORKLOADS["gateway"]), settings_fields("gateway")
    contained = {entry["name"]: entry["containerPort"] for entry in only["ports"]}
    assert contained == {"https": GATEWAY, "health": GATEWAY + 1, "metrics": GATEWAY + 2}
    environment = {entry["name"]: entry.get("value") for entry in only["env"]}
    for name, number in ports.items():
        variable = f"SIGHTLINE_{name}_PORT"
        assert environment[variable] == COMPOSE["gateway"]["environment"][variable] == str(number)
        assert fields[variable].default == number
    assert COMPOSE["gateway"]["healthcheck"]["test"][-1] == str(ports["HEALTH"])
    assert only["readinessProbe"]["grpc"]["port"] == ports["HEALTH"]
    exposed = {entry["name"]: entry["port"] for entry in of_kind("Service")["gateway"]["spec"]["ports"]}
    assert exposed == {"https": GATEWAY, "metrics": GATEWAY + 2}


@pytest.mark.parametrize("service", ALL)
def test_variables_are_settings(service):
    """What a manifest sets for a service is a setting of that service: a misspelt variable would be ignored."""
    known = settings_fields(service).keys()
    assert own_variables(WORKLOADS[service]) <= known
    shared = SHARED.keys()
    assert set(COMPOSE[service]["environment"]) <= known | shared


@pytest.mark.parametrize("service", ALL)
def test_a_service_starts_with_what_nobody_has_set(service, monkeypatch):
    """Settings accept the values of both files as they stand, empty ones too."""
    kubernetes = {each["name"]: each.get("value", "") for each in container(WORKLOADS[service])["env"]}
    compose = {
        name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value) for name, value in COMPOSE[service]["environment"].items()
    }
    for given in (compose, SHARED | kubernetes):
        with monkeypatch.context() as only:
            for name, value in given.items():
                only.setenv(name, value)
            made = settings_class(service)()
        assert made.nats_url == "tls://nats:4222"
        assert made.otlp_ca_file is None


def test_shared_variables_are_settings():
    """Every shared variable is a setting of at least one service."""
    known = {variable for service in ALL for variable in settings_fields(service)}
    targets = {f"SIGHTLINE_{service.upper()}_TARGET" for service in SERVICES}
    assert SHARED.keys() <= known | targets


@pytest.mark.parametrize("service", SERVICES)
def test_targets_agree(service):
    """Callers are sent to the port on which the service listens: services to theirs, people to their own."""
    target = f"{service}:{SERVICES[service] + 3}"
    variable = f"SIGHTLINE_{service.upper()}_TARGET"
    assert SHARED[variable] == f"dns:///{target}"
    assert COMPOSE["cli"]["environment"][variable] == f"{service}:{SERVICES[service]}"
    calling = [each for each in ALL if variable in COMPOSE[each]["environment"]]
    assert {COMPOSE[each]["environment"][variable] for each in calling} == {target}


@pytest.mark.parametrize("service", [*ALL, "provision"])
def test_compose_and_kubernetes_set_the_same(service):
    """A service that runs in both gets the same variables from both, but for those that the image sets."""
    shared = SHARED.keys()
    of_the_image = {"SIGHTLINE_BIND", "SIGHTLINE_LOG_FORMAT", "SIGHTLINE_STATE_DIR"}
    targets = {f"SIGHTLINE_{name.upper()}_TARGET" for name in SERVICES}
    kubernetes = (own_variables(WORKLOADS[service]) | shared) - of_the_image - targets
    assert set(COMPOSE[service]["environment"]) - targets == kubernetes


def test_every_container_has_a_limit_of_memory():
    """In Compose that of k8s/base, where there is the same; nobody takes the host's."""
    assert [name for name, each in COMPOSE.items() if "mem_limit" not in each] == []
    for name in WORKLOADS.keys() & COMPOSE.keys():
        limit = re.sub(r"^\$\{\w+:-(.+)\}$", r"\1", COMPOSE[name]["mem_limit"])
        limits = container(WORKLOADS[name])["resources"]["limits"]
        assert limit.replace("g", "Gi").replace("m", "Mi") == limits["memory"]
    assert len(WORKLOADS.keys() & COMPOSE.keys()) >= len(ALL) + 2


def test_the_broker_is_configured_once():
    """Kustomize takes files beside its own alone: there lies a copy of deploy/nats.conf as it stands."""
    assert (ROOT / "k8s/base/nats.conf").read_bytes() == (ROOT / "deploy/nats.conf").read_bytes()


def test_the_broker_finds_who_may_do_what():
    """What `init` writes lies where nats.conf includes it: in a volume of Compose, beside the ConfigMap of k8s/base."""
    (included,) = re.findall(r'^include "(.*)"$', (ROOT / "deploy/nats.conf").read_text(), re.MULTILINE)
    folder, name = included.split("/")
    (volume,) = [each for each in COMPOSE["nats"]["volumes"] if each.endswith(f":/etc/nats/{folder}:ro")]
    (written,) = [each for each in COMPOSE["init"]["volumes"] if each.split(":")[0] == volume.split(":")[0]]
    assert COMPOSE["init"]["command"][-1] == f"{written.split(':')[1]}/{name}"
    (config,) = [each["projected"] for each in pod(WORKLOADS["nats"])["volumes"] if each["name"] == "config"]
    assert config["sources"][1]["secret"]["items"] == [{"key": name, "path": included}]


def test_the_broker_is_above_the_floor():
    """Compose and Kubernetes run one and the same broker, above the version floor."""
    image = container(WORKLOADS["nats"])["image"]
    major, minor, patch = map(int, image.removeprefix("nats:").split("-")[0].split("."))
    assert patch >= FLOORS[major, minor]
    assert image == COMPOSE["nats"]["image"]
    assert container(WORKLOADS["qdrant"])["image"] == COMPOSE["qdrant"]["image"]


def test_nobody_signs_in_by_an_identity_provider_unless_one_is_named():
    """The settings of an identity provider are in both files, as empty as they are by default."""
    fields, data = settings_fields("match"), SHARED
    names = [name for name in fields if name.startswith("SIGHTLINE_OIDC_")]
    assert len(names) == 4
    for name in names:
        assert data[name] == fields[name].default
        assert COMPOSE["match"]["environment"][name].startswith(f"${{{name}:-")
    assert not data["SIGHTLINE_OIDC_ISSUER"]


def test_nothing_is_traced_unless_a_collector_is_named():
    """The settings of traces are in both files, and as they are by default."""
    fields, data = settings_fields("match"), SHARED
    names = ("SIGHTLINE_OTLP_ENDPOINT", "SIGHTLINE_OTLP_CA_FILE", "SIGHTLINE_TRACE_RATIO")
    for name in names:
        default = "" if fields[name].default is None else str(fields[name].default)
        assert data[name] == default
        assert COMPOSE["match"]["environment"][name] == f"${{{name}:-{default}}}"
    assert not data["SIGHTLINE_OTLP_ENDPOINT"]


def test_nothing_reports_home():
    """ONNX Runtime and Qdrant report to their makers by default; both are told not to."""
    assert "ORT_DISABLE_TELEMETRY=1" in (ROOT / "deploy/Dockerfile").read_text()
    assert COMPOSE["qdrant"]["environment"]["QDRANT__TELEMETRY_DISABLED"] == "true"
    assert {"name": "QDRANT__TELEMETRY_DISABLED", "value": "true"} in container(WORKLOADS["qdrant"])["env"]


def test_qdrant_fetches_no_snapshot():
    """It can be told to recover from an address, which would let whoever reaches it reach what it reaches (SSRF)."""
    name = "QDRANT__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY"
    assert COMPOSE["qdrant"]["environment"][name] == "false"
    assert {"name": name, "value": "false"} in container(WORKLOADS["qdrant"])["env"]


def test_every_arrow_ends_at_a_port():
    """Each network policy for an arrow names workloads that exist and ports that the receiver opens."""
    for name, policy in of_kind("NetworkPolicy").items():
        sender, _, receiver = name.partition("-to-")
        if sender not in WORKLOADS or receiver not in WORKLOADS:
            continue
        assert policy["spec"]["podSelector"]["matchLabels"] == {"app": receiver}
        (rule,) = policy["spec"]["ingress"]
        assert rule["from"] == [{"podSelector": {"matchLabels": {"app": sender}}}]
        opened = {entry["containerPort"] for entry in container(WORKLOADS[receiver])["ports"]}
        assert {entry["port"] for entry in rule["ports"]} <= opened


def test_everything_is_denied_by_default():
    """Without an arrow there is no traffic, in either direction."""
    spec = of_kind("NetworkPolicy")["default-deny"]["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_camera_networks_agree():
    """The networks that ingest may read are those that the network policy lets it reach."""
    environment = {entry["name"]: entry.get("value") for entry in container(WORKLOADS["ingest"])["env"]}
    blocks = of_kind("NetworkPolicy")["ingest-to-cameras"]["spec"]["egress"][0]["to"]
    assert yaml.safe_load(environment["SIGHTLINE_CAMERA_NETWORKS"]) == [item["ipBlock"]["cidr"] for item in blocks]


def test_nothing_speaks_in_plain_text():
    """Broker, its monitoring and Qdrant are reached over TLS in both files, and nobody is told to do without."""
    shared = SHARED
    for settings in (shared, COMPOSE["match"]["environment"]):
        assert settings["SIGHTLINE_NATS_URL"].startswith("tls://")
        assert settings["SIGHTLINE_NATS_MONITORING_URL"].startswith("https://")
        assert "SIGHTLINE_TLS" not in settings
    qdrant = {entry["name"]: entry.get("value") for entry in container(WORKLOADS["qdrant"])["env"]}
    assert qdrant["QDRANT__SERVICE__ENABLE_TLS"] == COMPOSE["qdrant"]["environment"]["QDRANT__SERVICE__ENABLE_TLS"]
    assert COMPOSE["match"]["environment"]["SIGHTLINE_QDRANT_URL"].startswith("https://")
    conf = (ROOT / "deploy/nats.conf").read_text()
    assert "handshake_first: true" in conf
    assert not re.search(r"(?m)^http:", conf)
