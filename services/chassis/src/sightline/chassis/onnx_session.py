"""Inference sessions that run on the device that was asked for, or not at all."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeAlias

import structlog

# ONNX Runtime reports to its maker unless it is told not to before it is loaded (its Privacy.md). Nothing that looks
# at faces may do so, whoever starts it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

from sightline.chassis.cpu import available_cpus
from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.onnx_graph import read_graph

log = structlog.get_logger()

# The one import of ONNX Runtime is here.
Session: TypeAlias = onnxruntime.InferenceSession

_CPU: tuple[str, dict[str, str]] = ("CPUExecutionProvider", {})
# TF32 would make an embedding depend on the device; an exhaustive search would run at every new picture size.
_CUDA = ("CUDAExecutionProvider", {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"})
_PROVIDERS = {"cpu": [_CPU], "cuda": [_CUDA, _CPU]}


def open_session(path: Path, device: str, threads: int | None = None) -> Session:
    """Load an ONNX file.

    Args:
        path: the file; all its weights must be inside.
        device: "cpu" or "cuda"; ONNX Runtime's silent fall-back to the CPU is an error here.
        threads: for one inference; by default every processor that this process may use.

    Raises:
        FailedPrecondition: DEVICE_UNAVAILABLE, ONNX_EXTERNAL_DATA or MODEL_UNREADABLE.
    """
    _check_device(device)
    model = _read(path)
    try:
        session = onnxruntime.InferenceSession(model, _options(threads), providers=_PROVIDERS[device])
    except Exception as error:  # ONNX Runtime's errors share no class but Exception
        raise FailedPrecondition("MODEL_UNREADABLE", f"{path}: {error}; pull the pack again") from error
    wanted = _PROVIDERS[device][0][0]
    if session.get_providers()[0] != wanted:
        raise FailedPrecondition(
            "DEVICE_UNAVAILABLE",
            f"{device} was asked for and ONNX Runtime chose {session.get_providers()}; "
            "check the driver and the CUDA libraries, or set SIGHTLINE_DEVICE=cpu",
        )
    log.info("session", file=path.name, providers=session.get_providers())
    return session


def _check_device(device: str) -> None:
    if device not in _PROVIDERS:
        raise FailedPrecondition("DEVICE_UNAVAILABLE", f"device {device!r} is not one of {sorted(_PROVIDERS)}")
    if _is_installed("onnxruntime") and _is_installed("onnxruntime-gpu"):
        raise FailedPrecondition(
            "DEVICE_UNAVAILABLE",
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other; uninstall both, "
            "then install the one extra (cpu or gpu) that this machine needs",
        )
    if device == "cuda" and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    wanted = _PROVIDERS[device][0][0]
    if wanted not in onnxruntime.get_available_providers():
        raise FailedPrecondition(
            "DEVICE_UNAVAILABLE",
            f"this ONNX Runtime cannot use {device}; install the extra gpu, or set SIGHTLINE_DEVICE=cpu",
        )


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        model = path.read_bytes()
        graph = read_graph(model)
    except (OSError, ValueError) as error:
        raise FailedPrecondition("MODEL_UNREADABLE", f"{path}: {error}; pull the pack again") from error
    if graph.has_external_data:
        message = f"{path} keeps weights in other files, which no hash covers; save it as one file"
        raise FailedPrecondition("ONNX_EXTERNAL_DATA", message)
    return model


def _options(threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or available_cpus()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Several services share the processors: a thread that spins between inferences takes them from others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
