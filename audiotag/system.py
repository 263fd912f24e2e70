"""The one system that audiotag runs on."""

from __future__ import annotations

import sys

from audiotag.errors import WrongSystemError

_NAMES = {"darwin": "macOS", "win32": "Windows", "cygwin": "Windows"}


def need_linux() -> None:
    """Raises WrongSystemError elsewhere.

    What makes a write safe, and a decoder's crash harmless, are calls of Linux: leases, access lists and
    attributes of files, children that end with their parent.
    """
    if sys.platform != "linux":
        here = _NAMES.get(sys.platform, sys.platform)
        raise WrongSystemError(
            f"it runs on Linux alone, not on {here}: what keeps files safe while they are written are "
            "calls of Linux; use a machine, a virtual machine or a container that has it"
        )
