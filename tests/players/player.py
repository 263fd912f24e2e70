"""What a player is to these tests: it takes in a folder of music and says which genres it sees."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# The values, in the player's order, by the file's name; a file that it does not take in is not among them.
Seen = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Player:
    """One of them.

    name: what the table calls it. package: what to install where it is missing. version: its own word. read:
    takes a folder of music and one for what the player itself writes (not there yet), gives what it sees;
    raises what its process raises. listens: it opens the sound before it takes a file in.
    """

    name: str
    package: str
    is_here: bool
    version: Callable[[], str]
    read: Callable[[Path, Path], Seen]
    listens: bool = True
    slow: bool = False


def has_programs(*names: str) -> bool:
    """Whether all of them can be started by their names."""
    return all(shutil.which(name) for name in names)


def number_in(said: str) -> str:
    """The first number with a point in what a program says, its version as a rule."""
    found = re.search(r"\d+(?:\.\d+)+", said)
    if found is None:
        raise ValueError(f"no version in {said!r}")
    return found[0]


def version_of(*command: str) -> str:
    """What a program calls its version. Raises CalledProcessError and ValueError."""
    return number_in(output_of(*command))


def output_of(*command: str, home: Path | None = None) -> str:
    """What a program writes to stdout, with a home of its own and no screen. Raises CalledProcessError."""
    return subprocess.run(
        command,
        env=surroundings(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    ).stdout


def surroundings(home: Path | None = None) -> dict[str, str]:
    """The variables for a program that must find none of the user's own things, nor a virtual environment."""
    own = {
        key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "PYTHON", "VIRTUAL"))
    }
    folder = str(home or "/nonexistent")
    return own | {"HOME": folder, "XDG_RUNTIME_DIR": folder, "QT_QPA_PLATFORM": "offscreen"}
