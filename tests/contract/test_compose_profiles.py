"""What docker-compose.yml adds by its profiles: GPUs, Prometheus with Grafana, and a demonstration."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from manifests import COMPOSE, GATEWAY, ROOT, SERVICES

from sightline.cli.installation_certificates import OWNERS

METRICS = {**{name: port + 2 for name, port in SERVICES.items()}, "gateway": GATEWAY + 2, "provision": 7712}
PROMETHEUS = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
GRAFANA = ROOT / "deploy/grafana"


def in_profile(name: str) -> set[str]:
    """Services that a profile adds."""
    return {service for service, body in COMPOSE.items() if name in body.get("profiles", [])}


def compose() -> list[str] | None:
    """A Compose of today: the one before it knows neither `name:` nor conditions of profiles."""
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return [docker, "compose"]
    return None


def test_each_profile_adds_what_it_says():
    """And whoever asks for none gets none of it."""
    assert in_profile("gpu") == {"detect-gpu", "embed-gpu"}
    assert in_profile("observability") == {"prometheus", "grafana"}
    assert in_profile("demo") == {"demo-media", "demo-camera", "demo-setup"}
    assert {profile for body in COMPOSE.values() for profile in body.get("profiles", [])} == {
        *("gpu", "observability", "demo"),
        *("init", "tools"),
    }


def test_the_command_knows_where_everything_is():
    """`status` in a container asks each process by the name that it has on the inner network."""
    told = COMPOSE["cli"]["environment"]["SIGHTLINE_STATUS_AT"].split()
    assert told == [f"{name}={name}" for name in METRICS]
    assert all("inner" in COMPOSE[name]["networks"] for name in METRICS)


def test_who_keeps_the_secrets_can_write_where_it_has_to():
    """Folders of the image's own user: a volume that is mounted for the first time takes the folder's owner."""
    keeper = COMPOSE["keeper"]
    assert in_profile("tools") == {"cli", "keeper"}
    made = (ROOT / "deploy/Dockerfile").read_text().partition("RUN mkdir -p ")[2].partition("&& chown")[0].split()
    folders = {volume.rpartition(":")[2] for volume in keeper["volumes"]}
    assert folders <= set(made)
    assert keeper["environment"]["SIGHTLINE_SECRETS_DIR"].startswith(f"{keeper['working_dir']}/secrets/")
    assert keeper["networks"] == ["inner"]


def test_nothing_depends_on_a_profile_that_may_be_off():
    """Who waits for a service of a profile is in the same one."""
    for name, body in COMPOSE.items():
        for other in body.get("depends_on", {}):
            wanted = set(COMPOSE[other].get("profiles", []))
            assert not wanted or set(body.get("profiles", [])) <= wanted, (name, other)


@pytest.mark.parametrize("name", ["detect", "embed"])
def test_on_a_gpu_only_the_device_differs(name):
    """The same settings, secrets and health, another image and one GPU, under the name that callers know."""
    one, other = COMPOSE[name], COMPOSE[f"{name}-gpu"]
    assert other["environment"] == one["environment"] | {"SIGHTLINE_DEVICE": "cuda"}
    assert other["networks"] == {"inner": {"aliases": [name]}}
    assert other["image"] == one["image"].replace(name, f"{name}-gpu")
    (device,) = other["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    same = set(one) - {"environment", "networks", "image"}
    assert {key: one[key] for key in same} == {key: other[key] for key in same}


def test_prometheus_reads_everybody():
    """Each port of metrics, over TLS, by the name that the certificate bears, with the labels that alerts speak of."""
    jobs = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}
    assert jobs.keys() == METRICS.keys()
    volumes = dict(volume.split(":")[:2] for volume in COMPOSE["prometheus"]["volumes"])
    for name, job in jobs.items():
        (found,) = job["dns_sd_configs"]
        assert (job["scheme"], found["names"], found["port"]) == ("https", [name], METRICS[name])
        assert job["tls_config"] == {"ca_file": f"{volumes['authority']}/ca.crt", "server_name": name}
        assert name in OWNERS
        assert {each["target_label"] for each in job["relabel_configs"]} == {"namespace", "service", "pod"}
        assert "inner" in COMPOSE[name]["networks"]
    (config,) = [word for word in COMPOSE["prometheus"]["command"] if word.startswith("--config.file=")]
    assert config == f"--config.file={volumes['./deploy/prometheus']}/prometheus.yml"
    assert PROMETHEUS["rule_files"] == ["alerts.yml"]


def test_grafana_has_the_dashboards_and_nobody_who_may_change_them():
    """It finds Prometheus and the files where they are mounted; who comes may look, and it asks no address outside."""
    grafana = COMPOSE["grafana"]
    (mount,) = [volume.split(":")[1] for volume in grafana["volumes"] if volume.startswith("./deploy/grafana:")]
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/sightline.yml").read_text())["providers"]
    settings = grafana["environment"]
    assert settings["GF_PATHS_PROVISIONING"] == f"{mount}/provisioning"
    assert provider["options"]["path"] == mount
    assert len([json.loads(path.read_text()) for path in GRAFANA.glob("*.json")]) == 5
    assert grafana["network_mode"] == "service:prometheus"
    assert f"--web.listen-address={source['url'].removeprefix('http://')}" in COMPOSE["prometheus"]["command"]
    assert settings["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert settings["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert settings["GF_ANALYTICS_REPORTING_ENABLED"] == settings["GF_ANALYTICS_CHECK_FOR_UPDATES"] == "false"


def test_the_demonstration_goes_from_a_file_to_a_camera_to_a_watchlist():
    """What is drawn is what is played and enrolled, and the camera's address is where it listens."""
    (_, _, folder) = COMPOSE["demo-media"]["command"]
    told = dict(zip(COMPOSE["demo-camera"]["command"][::2], COMPOSE["demo-camera"]["command"][1::2], strict=True))
    script = COMPOSE["demo-setup"]["entrypoint"][-1]
    assert told["-clip"] == f"{folder}/walk-by.h264"
    assert f"rtsp://demo-camera:{told['-port']}/" in script
    assert "enroll /demo/demo/enrol.jpg" in script
    assert "outer" in COMPOSE["ingest"]["networks"]
    assert COMPOSE["demo-camera"]["networks"] == ["outer"]
    assert COMPOSE["demo-camera"]["stdin_open"] is True


def test_the_images_of_the_demonstration_are_built_by_a_command():
    """`make demo-images` makes both that no other profile has."""
    built = re.findall(r'-t "(sightline-[a-z]+):', (ROOT / "Makefile").read_text().split("\ndemo-images:")[1])
    named = {COMPOSE[name]["image"].split(":")[0] for name in in_profile("demo")}
    assert set(built[:2]) == named - {"sightline-cli"}


@pytest.mark.skipif(compose() is None, reason="SKIPPED LOUDLY: `docker compose` is not here")
@pytest.mark.parametrize("profile", ["none", "gpu", "observability", "demo"])
def test_compose_itself_reads_it(profile):
    """With each profile the file is one that Compose accepts, and has the services that the file says."""
    command = [*compose(), "--profile", profile, "config", "--services"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    always = {name for name, body in COMPOSE.items() if "profiles" not in body}
    assert set(told) == always | in_profile(profile)
