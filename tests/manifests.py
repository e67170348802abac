"""What docker-compose.yml and k8s/base say, for tests that compare them."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SERVICES = {"ingest": 7110, "detect": 7210, "embed": 7310, "match": 7410, "notify": 7510}
GATEWAY = 7610
ALL = (*SERVICES, "gateway")


def read(path: str) -> list[dict]:
    """The documents of a YAML file."""
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def all_manifests() -> list[dict]:
    """Every object of k8s/base, as its files have it."""
    names = read("k8s/base/kustomization.yaml")[0]["resources"]
    return [document for name in names for document in read(f"k8s/base/{name}")]


def of_kind(*kinds: str) -> dict[str, dict]:
    """Objects of k8s/base by name."""
    return {item["metadata"]["name"]: item for item in all_manifests() if item["kind"] in kinds}


def _shared() -> dict[str, str]:
    lines = (ROOT / "k8s/base/config.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


SHARED = _shared()
"""What all services get from one ConfigMap, of which kustomize makes the name."""
WORKLOADS = of_kind("Deployment", "StatefulSet", "Job")
COMPOSE = read("docker-compose.yml")[0]["services"]


def pod(workload: dict) -> dict:
    """The pod's spec."""
    return workload["spec"]["template"]["spec"]


def container(workload: dict) -> dict:
    """The only container."""
    (only,) = pod(workload)["containers"]
    return only


def own_variables(workload: dict) -> set[str]:
    """Variables that stand in the workload itself, not in the shared ConfigMap."""
    return {entry["name"] for entry in container(workload).get("env", [])}
