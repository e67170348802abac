"""The configuration under which supervisor runs the processes of a local system."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.broker_conf import accounts_conf, public_keys
from sightline.cli.broker_tls import quoted, tls_block
from sightline.cli.installation import Installation
from sightline.cli.ports import COMING_EMBED, HOST, SERVICES, Ports

# supervisor stops the highest stage first: the services finish what they hold while the broker still runs.
_STAGES = (("broker", ("nats",)), ("provisioning", ("provision",)), ("services", SERVICES))


@dataclass(frozen=True)
class LocalPlan:
    """What a local system is made of.

    Attributes:
        installation: its state folder.
        ports: where it listens; services that have none do not run.
        nats_server: path of the broker's program.
        pack: folder of the model pack.
        secrets_dir: what `sightline init` made; None: it is in the state folder.
        device: cpu or cuda.
        durability: `dev`, or `strict`: the broker syncs before it acknowledges.
        video_roots: folders from which cameras may read files.
        coming_pack: folder of the pack to which the gallery is to be migrated; its embedder runs beside the other.
        camera_networks: networks in which cameras may be, CIDR; empty: the services' default.
        log_level: of the services.
        settings: of the services, instead of those in the environment; None: the environment's.
    """

    installation: Installation
    ports: Ports
    nats_server: Path
    pack: Path
    secrets_dir: Path | None = None
    device: str = "cpu"
    durability: str = "dev"
    video_roots: Sequence[Path] = ()
    camera_networks: Sequence[str] = ()
    log_level: str = "info"
    coming_pack: Path | None = None
    settings: Mapping[str, str] | None = None

    @property
    def processes(self) -> tuple[str, ...]:
        """Names of all processes, in the order in which they start."""
        return tuple(name for _, names in self.stages for name in names)

    @property
    def stages(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Processes that are started and stopped together, under the name of their stage."""
        *before, (name, services) = _STAGES
        running = tuple(service for service in services if service in self.ports.services)
        coming = (COMING_EMBED,) if self.coming_pack else ()
        return (*before, (name, (*running, *coming)))

    @property
    def secrets(self) -> Path:
        """The secrets with which the services start."""
        return self.secrets_dir or self.installation.secrets


def supervisord_conf(plan: LocalPlan) -> str:
    """Write supervisor's configuration: restart what dies, stop from the services down to the broker.

    Without a control socket: nothing but signals of the same user reaches it.
    """
    state = plan.installation.state
    head = f"""[supervisord]
nodaemon=true
silent=true
umask=077
logfile={_literal(plan.installation.log_of("supervisor"))}
logfile_maxbytes=1MB
logfile_backups=1
pidfile={_literal(state / "supervisor.pid")}
"""
    stages = (
        f"[group:{stage}]\nprograms={','.join(names)}\npriority={10 * (place + 1)}\n"
        for place, (stage, names) in enumerate(plan.stages)
    )
    return "\n".join([head, *stages, *(_program(plan, name) for name in plan.processes)])


def _program(plan: LocalPlan, name: str) -> str:
    # 3 s of pause grow to 10 s over the retries: a broker that is slow to start costs nobody a retry too many.
    return f"""[program:{name}]
command={_literal(shlex.join(_command(plan, name)))}
environment={",".join(f'{key}="{value}"' for key, value in _own_settings(plan, name).items())}
stdout_logfile={_literal(plan.installation.log_of(name))}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
redirect_stderr=true
autorestart=true
startsecs=1
startretries=20
stopsignal=TERM
stopwaitsecs=15
killasgroup=true
"""


def _command(plan: LocalPlan, name: str) -> list[str]:
    if name == "nats":
        return [str(plan.nats_server), "-c", str(plan.installation.broker_conf)]
    if name == "provision":
        return [sys.executable, "-m", "sightline.cli", "provision", "--watch"]
    if name == COMING_EMBED:
        # Faces of cameras are for the embedder in use.
        settings = [f"SIGHTLINE_PACK_DIR={plan.coming_pack}", "SIGHTLINE_EMBED_ROLE=calls"]
        return ["env", *settings, sys.executable, "-m", "sightline.embed"]
    return [sys.executable, "-m", f"sightline.{name}"]


def _own_settings(plan: LocalPlan, name: str) -> dict[str, int]:
    if name not in plan.ports.services:
        return {}
    ports = plan.ports.services[name]
    apart = {"SIGHTLINE_HEALTH_PORT": ports.health, "SIGHTLINE_METRICS_PORT": ports.metrics}
    if name == "gateway":
        return {"SIGHTLINE_HTTP_PORT": ports.grpc, **apart}
    return {"SIGHTLINE_GRPC_PORT": ports.grpc, **apart, "SIGHTLINE_PEER_PORT": ports.peer}


def _word(name: str) -> str:
    """Give a process's name as variables have it."""
    return name.upper().replace("-", "_")


def _literal(text: object) -> str:
    """Protect text from supervisor's own %(…)s substitution."""
    return str(text).replace("%", "%%")


def nats_conf(plan: LocalPlan) -> str:
    """Write the broker's configuration: loopback only, streams in the state folder, and each to its own alone.

    Raises FailedPrecondition SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED.
    """
    secrets = SecretsFolder(plan.secrets)
    accounts = accounts_conf(public_keys(secrets))
    store = quoted(plan.installation.state / "jetstream")
    http, tls = "http", ""
    if plan.ports.broker_tls:
        http, tls = "https", tls_block(CertificateFolder(secrets.certificates_of("nats")))
    sync = "  sync_interval: always\n" if plan.durability == "strict" else ""
    return f"""server_name: sightline-local
listen: "{HOST}:{plan.ports.nats}"
{http}: "{HOST}:{plan.ports.nats_monitoring}"
pid_file: {quoted(plan.installation.broker_pid)}
max_payload: 8MB
{tls}jetstream {{
  store_dir: {store}
  max_memory_store: 1GB
  max_file_store: 8GB
{sync}}}
{accounts}"""


def shared_settings(plan: LocalPlan) -> Mapping[str, str]:
    """Give the settings that all processes of the system share, as environment variables."""
    installation, ports = plan.installation, plan.ports
    targets = {f"SIGHTLINE_{_word(name)}_TARGET": f"{HOST}:{each.peer}" for name, each in ports.services.items()}
    networks = {"SIGHTLINE_CAMERA_NETWORKS": json.dumps(list(plan.camera_networks))} if plan.camera_networks else {}
    return {
        **targets,
        **networks,
        "SIGHTLINE_BIND": HOST,
        "SIGHTLINE_NATS_URL": ports.nats_url,
        "SIGHTLINE_NATS_MONITORING_URL": ports.nats_monitoring_url,
        "SIGHTLINE_TLS": "on",
        "SIGHTLINE_STATE_DIR": str(installation.state),
        "SIGHTLINE_SECRETS_DIR": str(plan.secrets),
        "SIGHTLINE_PACK_DIR": str(plan.pack),
        "SIGHTLINE_DEVICE": plan.device,
        "SIGHTLINE_DURABILITY": plan.durability,
        "SIGHTLINE_LOG_LEVEL": plan.log_level,
        "SIGHTLINE_LOG_FORMAT": "console",
        "SIGHTLINE_DRAIN_SECONDS": "8",
        # A machine behind a proxy must not ask it for its own loopback address.
        "no_grpc_proxy": HOST,
        "SIGHTLINE_VIDEO_ROOTS": json.dumps([str(root) for root in (installation.videos, *plan.video_roots)]),
    }
