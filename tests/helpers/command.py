"""The command as a user runs it, with a library and a config of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.helpers.models import MadeModel

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(folder: Path, model: MadeModel | None = None) -> dict[str, str]:
    """`folder` takes library, config and learnt models. With `model`, that one predicts, whatever it thinks
    is certain."""
    variables = {
        "AUDIOTAG_DB": str(folder / "library.db"),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
    }
    if model is not None:
        variables |= {
            "AUDIOTAG_MODEL": str(model.card_file),
            "AUDIOTAG_ENGINE": "onnx",
            "AUDIOTAG_JOBS": "1",
            "AUDIOTAG_MIN_CONFIDENCE": "0",
        }
    return os.environ | variables


def command_in(folder: Path, model: MadeModel | None = None) -> Run:
    """A function that runs `audiotag` in that environment, with the shipped model unless another is given."""

    def run(*arguments: str | os.PathLike[str] | bytes, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "audiotag", *arguments],
            capture_output=True,
            text=True,
            errors="backslashreplace",
            check=False,
            env=environment(folder, model) | variables,
        )

    return run


def no_traceback(done: subprocess.CompletedProcess[str]) -> bool:
    return "Traceback" not in done.stderr + done.stdout
