"""What a process may take: our limits, or the machine's where those are smaller."""

from __future__ import annotations

import math
import resource


def least(*limits: int) -> int:
    """The smallest of resource limits, of which some may be none."""
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=resource.RLIM_INFINITY)


def limit_memory(most: int, *, for_good: bool) -> None:
    """Let this process take `most` bytes of private memory, or less where it may have no more.

    for_good: nor may it raise the limit again.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = least(most, soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed if for_good else hard))


def memory_allowed(most: int) -> int:
    """How many bytes that comes to, `ulimit -v` counted in."""
    limits = (resource.getrlimit(kind) for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS))
    return least(most, *(value for pair in limits for value in pair))


def limit_processor_time(seconds: float) -> None:
    """End this process by SIGXCPU when it has computed for so long, or for what `ulimit -t` leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # At the hard limit the signal would be SIGKILL, which says nothing.
    allowed = least(math.ceil(seconds) + 2, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (max(1, least(allowed - 1, soft)), allowed))
