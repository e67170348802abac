"""Inference sessions that run on the device that was asked for, or not at all."""

import os
from collections.abc import Callable
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

Provider: TypeAlias = tuple[str, dict[str, str]]

_CPU: Provider = ("CPUExecutionProvider", {})
# TF32 would make an embedding depend on the device; an exhaustive search would run at every new picture size.
_CUDA: Provider = ("CUDAExecutionProvider", {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"})
_TENSORRT = "TensorrtExecutionProvider"
_WANTED = {"cpu": _CPU[0], "cuda": _CUDA[0], "tensorrt": _TENSORRT}


def open_session(
    path: Path,
    device: str,
    threads: int | None = None,
    *,
    engines: Path | None = None,
    edit: Callable[[bytes], bytes] | None = None,
    arena: bool = True,
) -> Session:
    """Load an ONNX file.

    Args:
        path: the file; all its weights must be inside.
        device: "cpu", "cuda" or "tensorrt"; ONNX Runtime's silent fall-back to the CPU is an error here.
        threads: for one inference; by default every processor that this process may use.
        engines: folder in which TensorRT keeps what it built, which takes minutes; None: it builds at each start.
        edit: changes the model's bytes before they are loaded.
        arena: keep the memory of an inference on the CPU for the next one. Without, a network whose input has another
            size each time does not hold what the largest needed: MTCNN over 120 pictures of 100 to 2,200 px and one
            of 6000 x 4000 stayed at 300 MB instead of 645 MB, for 5 % more CPU time.

    Raises:
        FailedPrecondition: DEVICE_UNAVAILABLE, ONNX_EXTERNAL_DATA or MODEL_UNREADABLE.
    """
    _check_device(device)
    model = _read(path)
    providers = _providers(device, engines)
    options = _options(threads)
    options.enable_cpu_mem_arena = arena
    try:
        session = onnxruntime.InferenceSession(edit(model) if edit else model, options, providers=providers)
    except Exception as error:  # ONNX Runtime's errors share no class but Exception
        raise FailedPrecondition("MODEL_UNREADABLE", f"{path}: {error}; pull the pack again") from error
    if session.get_providers()[0] != _WANTED[device]:
        raise FailedPrecondition(
            "DEVICE_UNAVAILABLE",
            f"{device} was asked for and ONNX Runtime chose {session.get_providers()}; "
            "check the driver and the CUDA libraries, or set SIGHTLINE_DEVICE=cpu",
        )
    log.info("session", file=path.name, providers=session.get_providers(), threads=threads or available_cpus())
    return session


def _providers(device: str, engines: Path | None) -> list[Provider]:
    """What runs the graph, the first choice first; what it cannot run falls to the next one, node by node."""
    if device == "cpu":
        return [_CPU]
    if device == "cuda":
        return [_CUDA, _CPU]
    options = {"trt_fp16_enable": "0"}
    if engines:
        engines.mkdir(parents=True, exist_ok=True)
        options |= {"trt_engine_cache_enable": "1", "trt_timing_cache_enable": "1"}
        options |= {"trt_engine_cache_path": str(engines), "trt_timing_cache_path": str(engines)}
    return [(_TENSORRT, options), _CUDA, _CPU]


def _check_device(device: str) -> None:
    if device not in _WANTED:
        raise FailedPrecondition("DEVICE_UNAVAILABLE", f"device {device!r} is not one of {sorted(_WANTED)}")
    if _is_installed("onnxruntime") and _is_installed("onnxruntime-gpu"):
        raise FailedPrecondition(
            "DEVICE_UNAVAILABLE",
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other; uninstall both, "
            "then install the one extra (cpu or gpu) that this machine needs",
        )
    if device != "cpu" and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    if _WANTED[device] not in onnxruntime.get_available_providers():
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
