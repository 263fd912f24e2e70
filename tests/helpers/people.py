"""Somebody else's view of the file system."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TypeVar, cast

Result = TypeVar("Result")

_NOBODY = 65_534


def as_somebody_else(function: Callable[[], Result]) -> Result:
    """`function()` in a process without any rights of root's; what it raises is raised here."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(_NOBODY)
                os.setuid(_NOBODY)
            answer: tuple[object, BaseException | None] = (function(), None)
        except BaseException as fault:
            answer = (None, fault)
        with os.fdopen(writing, "wb") as file:
            pickle.dump(answer, file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer = pickle.load(file)
    os.waitpid(pid, 0)
    result, reason = answer
    if reason is not None:
        raise reason
    return cast(Result, result)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that everybody may look into, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="audiotag-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            inner.chmod(0o755)
        rmtree(folder)
