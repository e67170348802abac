"""Dashboards and alerts on a real Prometheus that reads a real system: `make bench-observability`.

`sightline up` watches a camera that plays the demonstration's video, somebody who is enrolled walks by, and somebody
calls. Then each panel's query, and each rule, is asked. It takes `prometheus` on PATH (Debian's
package has the binary) and bin/rtsp-camera. Exit code 1: a target is not read, or a query or a rule is refused.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml
from free_ports import find_free_ports
from rtsp import run_rtsp_camera

from sightline.cli.ports import choose_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
STARTER = ROOT / ".sightline/models/starter"
START_SECONDS = 120.0


def sightline(*words: object, **env: str) -> str:
    """What the command says. Raises CalledProcessError, behind what it said of its failure."""
    command = [sys.executable, "-m", "sightline.cli", *map(str, words)]
    return subprocess.run(command, env={**os.environ, **env}, stdout=subprocess.PIPE, check=True, text=True).stdout


@contextmanager
def process(log: Path, *command: object, **env: str) -> Iterator[None]:
    """Runs while the block does."""
    with log.open("wb") as output:
        running = subprocess.Popen(list(map(str, command)), env={**os.environ, **env}, stdout=output, stderr=output)
    try:
        yield
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)


def configuration(folder: Path, metrics: dict[str, int]) -> Path:
    """Our Prometheus' configuration, with the ports of this machine in place of names."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "5s", "evaluation_interval": "5s"}
    config["rule_files"] = [str(DEPLOY / "prometheus/alerts.yml")]
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{metrics[job['job_name']]}"]}]
        job["tls_config"]["ca_file"] = str(folder / "secrets/tls/ca.crt")
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    return file


def set_up(folder: Path, media: Path, url: str, key: str) -> None:
    """A watchlist, somebody in it, and a camera; some calls of each kind that people make."""
    env = {"SIGHTLINE_STATE_DIR": str(folder), "SIGHTLINE_API_KEY": key}
    roles = [word for role in ("admin", "operator", "viewer", "reviewer") for word in ("--role", role)]
    sightline("grants", "set", "admin", *roles, "--watchlist", "*", "--camera", "*", **env)
    sightline("watchlists", "create", "demo", "--purpose", "Demonstration", "--review", "none", **env)
    sightline("enroll", media / "enrol.jpg", "--watchlist", "demo", "--person", "astronaut", **env)
    sightline("cameras", "add", "hall", url, "--watchlist", "demo", "--fps", "3", **env)
    sightline("cameras", "start", "hall", "--purpose", "Demonstration", **env)
    for _ in range(3):
        sightline("search", media / "enrol.jpg", "--watchlist", "demo", "--purpose", "Demonstration", **env)
        sightline("alerts", "list", **env)


class Asking:
    """Asks a Prometheus."""

    def __init__(self, port: int) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=20)

    def up(self) -> list[str]:
        """Who is not read, and why; waits for the first answers."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                targets = self._http.get("/targets").json()["data"]["activeTargets"]
            except httpx.TransportError:
                targets = []
            if targets and all(each["health"] != "unknown" for each in targets):
                return [f"{each['scrapePool']}: {each['lastError']}" for each in targets if each["health"] != "up"]
            time.sleep(1)
        return ["Prometheus does not answer"]

    def query(self, text: str) -> tuple[str, list[Any]]:
        """What is wrong with a query, and what it finds."""
        answer = self._http.get("/query", params={"query": text}).json()
        return answer.get("error", ""), answer.get("data", {}).get("result", [])

    def rules(self) -> list[dict[str, Any]]:
        """All rules, with their health and state."""
        groups = self._http.get("/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


def looked_at(asking: Asking) -> int:
    """Says what each panel shows and each rule says; gives how many are wrong."""
    wrong = 0
    for file in sorted((DEPLOY / "grafana").glob("*.json")):
        panels = json.loads(file.read_text())["panels"]
        answers = {panel["title"]: asking.query(panel["targets"][0]["expr"]) for panel in panels}
        refused = {title: error for title, (error, _) in answers.items() if error}
        empty = [title for title, (_, found) in answers.items() if not found]
        print(f"{file.stem}: {len(panels)} panels, {len(empty)} with nothing: {', '.join(empty)}")  # noqa: T201 - it is a report
        print(*(f"  REFUSED {title}: {error}\n" for title, error in refused.items()), sep="", end="")  # noqa: T201
        wrong += len(refused)
    rules = asking.rules()
    ill = [f"{rule['name']}: {rule.get('lastError')}" for rule in rules if rule["health"] != "ok"]
    firing = [rule["name"] for rule in rules if rule["state"] == "firing"]
    print(f"{len(rules)} rules, wrong: {', '.join(ill) or 'none'}; firing: {', '.join(firing) or 'none'}")  # noqa: T201
    return wrong + len(ill) + (not rules)


def main(minutes: float) -> int:
    """Runs it all, and gives the exit code."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name, "state")
        media, ports = Path(name, "media"), choose_ports(0)
        sightline("demo", "--draw", media)
        key = sightline("init", folder / "secrets").split()[-1]
        up = [sys.executable, "-m", "sightline.cli", "up", "--state-dir", folder, "--port-base", ports.nats]
        up += ["--pack", STARTER, "--camera-network", "127.0.0.0/8"]
        running.enter_context(process(Path(name, "up.log"), *up))
        camera = running.enter_context(run_rtsp_camera(media / "walk-by.h264", 10))
        wait_ready(folder, key, Path(name, "up.log"))
        (port,) = find_free_ports(1)
        config = configuration(folder, {service: each.metrics for service, each in ports.services.items()})
        store = ["--storage.tsdb.path", Path(name, "tsdb"), "--web.listen-address", f"127.0.0.1:{port}"]
        running.enter_context(process(Path(name, "prometheus.log"), "prometheus", "--config.file", config, *store))
        asking = Asking(port)
        unread = asking.up()
        print(f"{len(ports.services)} processes, not read: {', '.join(unread) or 'none'}")  # noqa: T201
        set_up(folder, media, camera.url, key)
        time.sleep(minutes * 60)
        return 1 if looked_at(asking) or unread else 0


def wait_ready(folder: Path, key: str, log: Path) -> None:
    """Returns once people are answered. Raises TimeoutError, behind the log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            sightline("watchlists", "list", SIGHTLINE_STATE_DIR=str(folder), SIGHTLINE_API_KEY=key)
        except subprocess.CalledProcessError:
            time.sleep(1)
        else:
            return
    sys.stderr.write(log.read_text())
    raise TimeoutError


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=6, help="how long the camera is watched before it is asked")
    sys.exit(main(parser.parse_args().minutes))
