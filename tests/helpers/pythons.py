"""Other Pythons than the one that runs the tests, where there are any."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def find_python(version: str) -> Path | None:
    """One of "3.13", say, that can make environments: on the PATH, or among pyenv's."""
    name = f"python{version}"
    on_path = [Path(found)] if (found := shutil.which(name)) else []
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for python in (*on_path, *sorted(root.glob(f"versions/{version}.*/bin/{name}"))):
        # pyenv puts a command on the PATH for each of its Pythons, which works for chosen ones alone.
        done = subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        if done.returncode == 0:
            return python
    return None
