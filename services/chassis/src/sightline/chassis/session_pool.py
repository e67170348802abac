"""Several inferences at once: as many sessions as run side by side, and who uses which."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import LifoQueue
from typing import Any, Self

from sightline.chassis.cpu import available_cpus
from sightline.chassis.onnx_session import Session, open_session

_GPU_STREAMS = 2  # while one picture is copied another is computed


class SessionPool:
    """Runs a network for many threads; at most `len(sessions)` at once, the others wait.

    On the CPU one inference is given one thread, and as many run as there are processors: an inference of many
    threads waits for its slowest at every layer. Measured with SCRFD-2.5g at 640 on two quiet processors
    (tests/bench/sessions.py; median wall time of a picture): one session of two threads 45.4 ms, two of one thread
    43.2 ms, one of one thread that two callers share 43.0 ms; batches of 4 and of 8 in it 46.0 and 58.1 ms, so that
    on the CPU a batch does not pay.

    ONNX Runtime lets many threads run one session: with one thread each runs in its caller's, so that a session
    can stand in the pool several times and its weights lie in memory once.

    Args:
        sessions: of the same model, each as often as it may run at once.
        is_bound: give inputs and outputs by IO binding, which spares a GPU one synchronous copy for each of them.
    """

    def __init__(self, sessions: Sequence[Session], *, is_bound: bool = False) -> None:
        self.size = len(sessions)
        self._first = sessions[0]
        self._is_bound = is_bound
        self._free: LifoQueue[Session] = LifoQueue()
        for session in sessions:
            self._free.put(session)

    @classmethod
    def open(cls, path: Path, device: str, *, size: int = 0, threads: int = 1, **options: Any) -> Self:
        """Load an ONNX file for `size` inferences of `threads` threads each.

        Args:
            path: as `open_session`.
            device: as `open_session`.
            size: 0: one for each processor that this process may use; on a GPU two.
            threads: for one inference on the CPU.
            options: of `open_session`.

        Raises:
            FailedPrecondition: as `open_session`.
        """
        size = size or (available_cpus() if device == "cpu" else _GPU_STREAMS)
        session = open_session(path, device, threads, **options)
        others = [] if threads == 1 else [open_session(path, device, threads, **options) for _ in range(size - 1)]
        return cls([session, *others] if others else [session] * size, is_bound=device != "cpu")

    def get_inputs(self) -> list[Any]:
        """As `Session.get_inputs`."""
        return list(self._first.get_inputs())

    def get_outputs(self) -> list[Any]:
        """As `Session.get_outputs`."""
        return list(self._first.get_outputs())

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
        """As `Session.run`, in a session that is free; waits for one."""
        session = self._free.get()
        try:
            return _run_bound(session, outputs, feeds) if self._is_bound else list(session.run(outputs, feeds))
        finally:
            self._free.put(session)


def _run_bound(session: Session, outputs: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
    binding = session.io_binding()
    for name, value in feeds.items():
        binding.bind_cpu_input(name, value)
    for name in outputs or [output.name for output in session.get_outputs()]:
        binding.bind_output(name)
    session.run_with_iobinding(binding)
    return list(binding.copy_outputs_to_cpu())
