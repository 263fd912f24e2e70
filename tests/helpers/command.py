"""The command as a user runs it, with a library and a config of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def command_in(folder: Path) -> Run:
    """A function that runs `audiotag` with the shipped model; `folder` takes library and config."""
    variables = {"AUDIOTAG_DB": str(folder / "library.db"), "XDG_CONFIG_HOME": str(folder)}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "audiotag", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | variables,
        )

    return run
