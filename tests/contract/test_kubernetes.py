"""What Kubernetes is given, overlay by overlay: rights, probes, arrows, and that in production nothing stands alone."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from overlays import ROOT, WORKLOADS, needs_renderer, objects, pod_of, validate

from sightline.cli.installation_certificates import OWNERS, names_of

pytestmark = needs_renderer
OVERLAYS = [path.name for path in validate.roots()]
REPLICATED = ["prod", "gpu", "airgapped"]
SERVICES = ("ingest", "detect", "embed", "match", "notify", "gateway")
DRAIN_SECONDS = 20


# gpu and airgapped change little of prod, and `make k8s-validate` checks them, too.
@pytest.mark.parametrize("overlay", ["base", "external", "prod"])
def test_every_object_is_as_its_schema_has_it(overlay):
    """Kubernetes' own kinds, strictly, and those of others by the schemas that lie here; nothing has no schema."""
    root = next(path for path in validate.roots() if path.name == overlay)
    items = validate.rendered(root)
    assert len(items) > 30
    assert [problem for item in items for problem in validate.problems(item)] == []


def test_what_is_wrong_is_seen():
    """A field that no schema knows, of Kubernetes and of somebody else, is a problem."""
    deployment = objects("prod", "Deployment")["match"]
    scaled = objects("prod", "ScaledObject")["match"]
    for item in (deployment, scaled):
        assert validate.problems(item | {"spec": item["spec"] | {"replica": 2}})
    assert validate.problems(scaled | {"kind": "Unheard"})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_container_has_rights(overlay):
    """No root, no token, no capabilities, the default seccomp filter, a read-only root, bounded memory: every pod."""
    for name, workload in objects(overlay, *WORKLOADS).items():
        spec = pod_of(workload)["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["serviceAccountName"] in objects(overlay, "ServiceAccount"), name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            context = container["securityContext"]
            assert context == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
    assert "restricted" in str(objects(overlay, "Namespace")["sightline"]["metadata"]["labels"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whatever_runs_says_how_it_is(overlay):
    """Startup, readiness and liveness of everything that does not end; volumes and secrets that are named exist."""
    claims = objects(overlay, "PersistentVolumeClaim")
    for name, workload in objects(overlay, *WORKLOADS).items():
        spec = pod_of(workload)["spec"]
        for volume in spec.get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or claim in claims, name
        if workload["kind"] in ("Deployment", "StatefulSet"):
            (container,) = spec["containers"]
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys(), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everything_is_denied_but_the_arrows(overlay):
    """Default deny in both directions, and each arrow ends at a pod that exists."""
    policies = objects(overlay, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    apps = {pod_of(each)["metadata"]["labels"]["app"] for each in objects(overlay, *WORKLOADS).values()}
    for name, policy in policies.items():
        target = policy["spec"]["podSelector"].get("matchLabels", {}).get("app")
        gone = {"models"} if overlay == "airgapped" else set()
        assert target is None or target in apps | gone, name


def flows(policies: dict, direction: str, peer: str) -> Counter:
    """Who may speak to whom, at which port, as the policies of one direction have it."""
    found: Counter = Counter()
    for policy in policies.values():
        here = _apps(policy["spec"]["podSelector"])
        for rule in policy["spec"].get(direction, []):
            there = [app for each in rule.get(peer, []) for app in _apps(each.get("podSelector", {}))]
            for mine in here:
                for other in there:
                    ends = (mine, other) if direction == "egress" else (other, mine)
                    found.update((*ends, port["port"]) for port in rule.get("ports", []))
    return found


def _apps(selector: dict) -> list[str]:
    named = [selector["matchLabels"]["app"]] if "app" in selector.get("matchLabels", {}) else []
    listed = [each["values"] for each in selector.get("matchExpressions", []) if each["key"] == "app"]
    return named + [app for values in listed for app in values]


@pytest.mark.parametrize("overlay", REPLICATED)
def test_arrows_are_guarded_at_both_ends(overlay):
    """In production who may be spoken to by somebody is whom they may speak to: port by port, and nothing besides."""
    policies = objects(overlay, "NetworkPolicy")
    assert "all-to-inside-and-dns" not in policies
    begins, ends = flows(policies, "egress", "to"), flows(policies, "ingress", "from")
    assert begins.keys() == ends.keys()
    assert {("ingest", "detect", 7213), ("match", "qdrant", 6333), ("nats", "nats", 6222)} <= begins.keys()
    assert max(begins.values()) == max(ends.values()) == 1
    assert not [arrow for arrow in begins if arrow[0] == "detect" and arrow[1] != "nats"]


@pytest.mark.parametrize("overlay", REPLICATED)
def test_nothing_in_production_stands_alone(overlay):
    """Two of each service at least, three of broker and index, on different nodes, and never two taken at once."""
    budgets = {
        each["spec"]["selector"]["matchLabels"]["app"]: each["spec"]["maxUnavailable"]
        for each in objects(overlay, "PodDisruptionBudget").values()
    }
    assert budgets == dict.fromkeys((*SERVICES, "nats", "qdrant"), 1)
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in objects(overlay, "ScaledObject").values()
    }
    for name in SERVICES:
        workload = objects(overlay, "Deployment")[name]
        assert "replicas" not in workload["spec"]
        assert scaled[name]["minReplicaCount"] >= 2
        spec = pod_of(workload)["spec"]
        assert {each["topologyKey"] for each in spec["topologySpreadConstraints"]} == {
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        }
        (container,) = spec["containers"]
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] > pause + DRAIN_SECONDS
        assert workload["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    for name in ("nats", "qdrant"):
        spec = objects(overlay, "StatefulSet")[name]["spec"]
        (term,) = spec["template"]["spec"]["affinity"]["podAntiAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        assert (spec["replicas"], term["topologyKey"]) == (3, "kubernetes.io/hostname")
        assert spec["volumeClaimTemplates"]
    classes = objects(overlay, "PriorityClass")
    used = {
        pod_of(each)["spec"].get("priorityClassName") for each in objects(overlay, "Deployment", "StatefulSet").values()
    }
    assert used == set(classes)
    provision = pod_of(objects(overlay, "Deployment")["provision"])["spec"]["containers"][0]
    assert {"name": "SIGHTLINE_STREAM_REPLICAS", "value": "3"} in provision["env"]


def test_the_stores_are_not_the_first_to_be_evicted():
    """What they may take is theirs from the start; in the small overlay for one node it need not be."""
    for name in ("nats", "qdrant"):
        (container,) = pod_of(objects("prod", "StatefulSet")[name])["spec"]["containers"]
        assert container["resources"]["requests"]["memory"] == container["resources"]["limits"]["memory"]


def test_a_broker_sends_its_clients_to_the_others_before_it_ends():
    """It is told so before SIGTERM, which would cut them off, and has longer than it takes."""
    spec = pod_of(objects("prod", "StatefulSet")["nats"])["spec"]
    (container,) = spec["containers"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == [container["command"][0], "--signal", "ldm"]
    conf = (ROOT / "k8s/components/nats-cluster/cluster.conf").read_text()
    (seconds,) = re.findall(r'^lame_duck_duration: "(\d+)s"$', conf, re.MULTILINE)
    assert spec["terminationGracePeriodSeconds"] > int(seconds) >= 30


@pytest.mark.parametrize("overlay", ["base", "prod"])
def test_the_broker_reads_what_is_renewed(overlay):
    """A container beside it sees the same files, and its process, to which it sends the signal."""
    spec = pod_of(objects(overlay, "StatefulSet")["nats"])["spec"]
    (broker,), (reload,) = spec["containers"], spec["initContainers"]
    assert spec["shareProcessNamespace"] is True
    assert (reload["restartPolicy"], reload["image"]) == ("Always", broker["image"])
    assert {each["name"] for each in reload["volumeMounts"]} == {"config", "tls"}
    mounts = {each["mountPath"] for each in reload["volumeMounts"]}
    assert all(any(file.startswith(mount) for mount in mounts) for file in re.findall(r"(/\S+)/\*", reload["args"][0]))
    assert all(mount in broker["volumeMounts"] for mount in reload["volumeMounts"])


def test_a_new_release_can_be_applied():
    """Kubernetes refuses another template of a Job that is there, so each goes when it has ended."""
    jobs = objects("prod", "Job")
    assert jobs.keys() == {"models"}
    assert all(job["spec"]["ttlSecondsAfterFinished"] > 0 for job in jobs.values())


def test_backups_have_one_key_and_their_own_disks():
    """Main backups and keys lie on volumes of their own; each sees the key of backups, and keys go after a day."""
    jobs = objects("prod", "CronJob")
    assert jobs.keys() == {"backup", "backup-keys"}
    for name, job in jobs.items():
        spec = pod_of(job)["spec"]
        volumes = {each["name"]: each for each in spec["volumes"]}
        assert volumes["backups"]["persistentVolumeClaim"]["claimName"] == name
        assert volumes["secrets"]["secret"]["items"] == [{"key": "backup.nk", "path": "backup.nk"}]
        assert [item["key"] for item in volumes["tls"]["secret"]["items"]] == ["ca.crt"]
    assert pod_of(jobs["backup-keys"])["spec"]["containers"][0]["args"][-2:] == ["--keep", "24h"]
    assert jobs["backup-keys"]["spec"]["schedule"].split()[1] == "*"


def test_certificates_bear_the_names_that_are_called():
    """cert-manager issues to each pod's Secret what `sightline init` would have."""
    certificates = objects("prod", "Certificate")
    assert certificates.keys() - {"authority"} == set(OWNERS)
    for owner in OWNERS:
        spec = certificates[owner]["spec"]
        assert spec["secretName"] == f"{owner}-tls"
        assert set(spec["dnsNames"]) == {name for name in names_of(owner) if "sightline" in name or name == owner}
        assert spec["usages"] == ["server auth", "client auth"]


def test_gpus_are_asked_for_where_they_are_used():
    """Detect and embed, and nobody else, ask for a GPU, and are told to use it and nothing else."""
    for name, workload in objects("gpu", "Deployment").items():
        (container,) = pod_of(workload)["spec"]["containers"]
        asked = "nvidia.com/gpu" in container["resources"]["limits"]
        assert asked == (name in ("detect", "embed", "embed-stream"))
        if asked:
            assert {"name": "SIGHTLINE_DEVICE", "value": "cuda"} in container["env"]
            assert container["image"].startswith(f"sightline-{name.removesuffix('-stream')}-gpu:")


def test_traces_have_a_way_where_they_are_turned_on(tmp_path):
    """With the component each service is sent to a collector, has who vouches for it, and may reach it; else nobody."""
    assert not [name for overlay in OVERLAYS for name in objects(overlay, "NetworkPolicy") if "collector" in name]
    places = {name: os.path.relpath(ROOT / "k8s" / name, tmp_path.resolve()) for name in ("base", "components/traces")}
    made = {"resources": [places["base"]], "components": [places["components/traces"]]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(made))
    found = {(item["kind"], item["metadata"]["name"]): item for item in validate.rendered(tmp_path)}
    changed = [("NetworkPolicy", "all-to-collector"), *(("Deployment", name) for name in SERVICES)]
    assert not [problem for item in changed for problem in validate.problems(found[item])]
    [settings] = [item["data"] for (kind, name), item in found.items() if kind == "ConfigMap" and "sightline" in name]
    endpoint, file = urlsplit(settings["SIGHTLINE_OTLP_ENDPOINT"]), Path(settings["SIGHTLINE_OTLP_CA_FILE"])
    policy = found["NetworkPolicy", "all-to-collector"]["spec"]
    assert endpoint.scheme == "https"
    assert policy["egress"][0]["ports"] == [{"protocol": "TCP", "port": endpoint.port}]
    assert set(policy["podSelector"]["matchExpressions"][0]["values"]) == {*SERVICES, "embed-stream"}
    for name in SERVICES:
        spec = pod_of(found["Deployment", name])["spec"]
        mounts = {each["name"]: each["mountPath"] for each in spec["containers"][0]["volumeMounts"]}
        assert mounts["otlp-authorities"] == str(file.parent)
        assert {"name": "otlp-authorities", "configMap": {"name": "otlp-authorities"}} in spec["volumes"]


def test_nothing_leaves_an_airgapped_cluster():
    """No policy opens the internet, no Job fetches from it, and every image comes from a registry inside."""
    open_to = [
        block["ipBlock"]["cidr"]
        for policy in objects("airgapped", "NetworkPolicy").values()
        for rule in policy["spec"].get("egress", [])
        for block in rule["to"]
        if "ipBlock" in block
    ]
    assert open_to == ["192.168.0.0/16"]
    assert not objects("airgapped", "Job")
    images = [
        container["image"]
        for workload in objects("airgapped", *WORKLOADS).values()
        for container in pod_of(workload)["spec"]["containers"]
    ]
    assert images
    assert all(image.startswith("registry.example.internal/") for image in images)


def test_a_broker_and_an_index_of_ones_own_take_the_place_of_ours():
    """Nothing of ours is left, and everybody is sent to the others, with a way there."""
    assert not objects("external", "StatefulSet")
    assert not {"nats", "qdrant"} & objects("external", "Service").keys()
    policies = objects("external", "NetworkPolicy")
    assert not [name for name in policies if name.endswith(("-to-nats", "-to-qdrant")) and "external" not in name]
    assert {"all-to-external-nats", "match-to-external-qdrant"} <= policies.keys()
    (config,) = objects("external", "ConfigMap").values()
    assert "example" in config["data"]["SIGHTLINE_NATS_URL"]
    (container,) = pod_of(objects("external", "Deployment")["match"])["spec"]["containers"]
    [key] = [each for each in container["env"] if each["name"] == "SIGHTLINE_QDRANT_API_KEY"]
    assert key["valueFrom"]["secretKeyRef"] == {"name": "qdrant-api", "key": "api-key"}
