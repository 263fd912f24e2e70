"""What is used of loky, joblib's own processes, and of what joblib knows about this machine."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Without semaphores joblib says on import that it will do everything in one process: we do not.
    warnings.simplefilter("ignore")
    from joblib.externals.loky import cpu_count, get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

__all__ = ["TerminatedWorkerError", "cores", "get_reusable_executor", "worker_count"]


def cores() -> int:
    """How many cores this process may use: by its affinity and its container's share as well."""
    return int(cpu_count())


def worker_count(wanted: int, files: int) -> int:
    """How many workers: `wanted`, 0 for one a core, and never more than there are files."""
    return max(1, min(wanted or cores(), files))
