"""The C library's heap, kept from growing with pictures of every size."""

import ctypes

_MEGABYTE = 1 << 20
# Numbers of mallopt(3). glibc raises the first by itself to 32 MB, so that pictures come to lie on the heap, between
# small blocks that outlive them, and their memory is not given back.
_SETTINGS = {"M_MMAP_THRESHOLD": (-3, 4 * _MEGABYTE), "M_TRIM_THRESHOLD": (-1, 32 * _MEGABYTE), "M_ARENA_MAX": (-8, 2)}


def limit_heap() -> bool:
    """Give blocks of 4 MB and more back when they are freed, and share two heaps among all threads.

    Measured with tests/bench/soak_detect.py, memory that is free and was not given back after 500 pictures: MTCNN 160
    MB instead of 390, YuNet 45 instead of 113, SCRFD 39 instead of 94. Costs YuNet 3 % more CPU time. A threshold of
    1 MB keeps less still and costs 20 %.

    Returns:
        False where the C library is not glibc; then nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(*setting) == 1 for setting in _SETTINGS.values())
