"""The sum itself: from cameras and faces to cores, memory, bandwidth, and to what gives way first."""

from dataclasses import dataclass

from sightline.cli.plan import figures as known

BUSY = 0.7
"""The share of a core, or of a limit, up to which it is planned: the rest is for bursts."""
DAY = 86_400.0
HOUR = 3_600.0
EDGE_FACES = 1_000_000
"""The largest gallery of which the embedded index was measured."""
CAMERAS_OF_AN_INGEST = 20


@dataclass(frozen=True)
class Load:
    """What is asked of the installation.

    Attributes:
        cameras: 1080p.
        fps: frames of each that are looked at in a second.
        faces: enrolled.
        moving: the share of time in which something moves before a camera, 0 to 1.
        tracks: appearances of faces before each camera in an hour.
        shots: pictures of each that are sent, at most 4.
        alerts: of all cameras in a day.
        retention: days for which alerts are kept.
    """

    cameras: int
    fps: float
    faces: int
    moving: float = 0.5
    tracks: float = 60.0
    shots: float = 2.0
    alerts: float = 200.0
    retention: int = 31

    @property
    def tracks_per_second(self) -> float:
        """Of all cameras."""
        return self.cameras * self.tracks / HOUR

    @property
    def shots_per_second(self) -> float:
        """Of all cameras."""
        return self.tracks_per_second * self.shots


@dataclass(frozen=True)
class Need:
    """What it takes; cores and bytes are of all replicas together, at `BUSY`.

    Attributes:
        cores: by service.
        memory: by service, in bytes; `index` by itself, which is in match's, too, where match has it.
        replicas: by service, of two cores each.
        broker_bytes_per_second: in and out of the broker together.
        broker_writes_per_second: messages that the broker takes in.
        lease_reads_per_second: messages by which every replica of ingest hears of every lease.
        ledger_bytes: of the gallery, on the broker's disk.
        alert_bytes: of alerts with their pictures, on the broker's disk.
        frames_per_second: that go to detect.
        search_load: share of the one process that searches the embedded index; None: it was measured for fewer faces.
        buffer_seconds: for which faces of cameras wait in the broker's memory, should embed stand still.
        false_match_rate: of one comparison, that one false alarm a day needs.
        tracks_per_day: appearances of faces before all cameras.
    """

    cores: dict[str, float]
    memory: dict[str, float]
    replicas: dict[str, int]
    broker_bytes_per_second: float
    broker_writes_per_second: float
    lease_reads_per_second: float
    ledger_bytes: float
    alert_bytes: float
    frames_per_second: float
    search_load: float | None
    buffer_seconds: float
    false_match_rate: float
    tracks_per_day: float


def need(load: Load) -> Need:
    """Do the sum."""
    cores = {name: each / BUSY for name, each in _cores(load).items()}
    replicas = {name: max(1, _up(each / 2)) for name, each in cores.items()}
    replicas["ingest"] = max(replicas["ingest"], _up(load.cameras / CAMERAS_OF_AN_INGEST))
    shot = known.CROP_BYTES.value + known.EVENT_BYTES.value
    # Each goes in and out, first as a face and then with its template.
    bandwidth = load.shots_per_second * 2 * (shot + known.CROP_BYTES.value + known.TEMPLATE_BYTES.value)
    leases = load.cameras / known.LEASE_SECONDS.value
    return Need(
        cores=cores,
        memory=_memory(load, replicas),
        replicas=replicas,
        broker_bytes_per_second=bandwidth,
        broker_writes_per_second=leases + 2 * (load.shots_per_second + load.tracks_per_second),
        lease_reads_per_second=leases * replicas["ingest"],
        ledger_bytes=load.faces * known.LEDGER_BYTES.value,
        alert_bytes=load.alerts * load.retention * known.ALERT_BYTES.value,
        frames_per_second=load.cameras * load.fps * load.moving,
        search_load=_search_load(load),
        buffer_seconds=min(60.0, known.MEMORY_STREAM.value / max(load.shots_per_second * shot, 1e-9)),
        false_match_rate=1 / (load.tracks_per_second * DAY * load.faces),
        tracks_per_day=load.tracks_per_second * DAY,
    )


def camera_cores(fps: float, moving: float) -> float:
    """Give the cores of one camera: decoding is the same whatever is looked at, the rest goes with the frames."""
    decoding = known.CAMERA_FPS.value * known.DECODE_FRAME.value

    def of(measured: float) -> float:
        return decoding + (measured - decoding) * fps / 5

    return moving * of(known.MOVING_CAMERA.value) + (1 - moving) * of(known.STILL_CAMERA.value)


def search_seconds(faces: int) -> float | None:
    """Give the core-seconds of a search in the embedded index; None where it was measured for fewer faces."""
    return next((seconds for most, seconds, _ in known.SEARCH_TIMES if faces <= most), None)


def _cores(load: Load) -> dict[str, float]:
    total = load.cameras * camera_cores(load.fps, load.moving)
    embedding = load.shots_per_second * known.EMBED_FACE.value
    decoding = load.cameras * known.CAMERA_FPS.value * known.DECODE_FRAME.value
    seconds = search_seconds(load.faces) or known.SEARCH_TIMES[-1][1]
    # The measured camera had its faces embedded and searched for, too: that is little, and is counted again.
    detecting = (total - decoding) * known.DETECT_SHARE.value
    return {
        "ingest": total - detecting,
        "detect": detecting,
        "embed": embedding,
        "match": load.shots_per_second * seconds,
        # At the rate that was measured it kept two cores busy at most.
        "notify": max(0.05, 2 * load.alerts / DAY / known.ALERTS_RATE.value),
    }


def _memory(load: Load, replicas: dict[str, int]) -> dict[str, float]:
    embedded = load.faces <= EDGE_FACES
    index = load.faces * (known.INDEX_BYTES if embedded else known.SERVER_INDEX_BYTES).value
    return {
        "ingest": load.cameras * known.DECODER_BYTES.value + replicas["ingest"] * known.EVIDENCE_BYTES.value,
        "detect": replicas["detect"] * known.MODEL_BYTES.value,
        "embed": replicas["embed"] * known.MODEL_BYTES.value,
        "match": replicas["match"] * known.MATCH_BYTES.value + (index if embedded else 0),
        "notify": replicas["notify"] * known.NOTIFY_BYTES.value,
        "index": index,
    }


def _search_load(load: Load) -> float | None:
    seconds = search_seconds(load.faces)
    return None if seconds is None else load.shots_per_second * seconds


def _up(number: float) -> int:
    return int(-(-number // 1))
