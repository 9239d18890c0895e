"""How this process keeps memory: a learner frees and takes the same large tensors again at every step."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT = 32 * 2**20
"""Bytes. What is larger goes back to the system at once, so that it cannot be kept in pieces."""
_MOST_KEPT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed: the system would hand it back page by page, a fault for each.

    Returns:
        Whether the C library knows how; only the GNU one does.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT))
