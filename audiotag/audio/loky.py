"""What is used of loky: its worker processes, and what it knows about this machine."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Without semaphores what is missing may be said on import: we have workers for that as well.
    warnings.simplefilter("ignore")
    from loky import BrokenProcessPool, cpu_count, get_reusable_executor
    from loky.backend.process import LokyProcess

__all__ = ["BrokenProcessPool", "LokyProcess", "cores", "get_reusable_executor", "worker_count"]


def cores() -> int:
    """How many cores this process may use: by its affinity and its container's share as well."""
    return int(cpu_count())


def worker_count(wanted: int, files: int) -> int:
    """How many workers: `wanted`, 0 for one a core, and never more than there are files."""
    return max(1, min(wanted or cores(), files))
