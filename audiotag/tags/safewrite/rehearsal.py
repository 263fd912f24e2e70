"""Whether a write would be refused, found out by reading: nothing is copied, nothing is written.

What the safe write looks at before its copy is looked at here too, and the change is begun on the
file itself, opened for reading, up to the first byte that would be written: by then the container's
structure has been taken apart. What only a finished copy shows, a rehearsal does not.
"""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import Any, NoReturn

from audiotag.tags.change import Change
from audiotag.tags.formats.containers import identify
from audiotag.tags.formats.read import AnyPath, open_regular, writing
from audiotag.tags.formats.snapshot import snapshot_others
from audiotag.tags.safewrite.obstacles import check_allowed, check_owner


def rehearse(
    target: AnyPath, change: Change, break_hardlinks: bool = False, change_owner: bool = False
) -> None:
    """Raises TagReadError or TagWriteError where a write is known to be refused."""
    with writing(target):
        path = os.path.realpath(os.fsencode(target), strict=True)
        with open_regular(path) as file:
            check_allowed(target, path, file.fileno(), break_hardlinks)
            if not change_owner:
                check_owner(target, file.fileno())
        change.check()
        with _ReadOnly(io.FileIO(path, "rb")) as file, suppress(_WouldWriteError):
            identify(file).write(file, change)
        snapshot_others(path)


class _WouldWriteError(BaseException):
    """Everything that is checked before the first byte is written has been. No Exception, so
    that nothing on the way takes it for a fault."""


class _ReadOnly(io.BufferedReader):
    """A file in which every try to change it ends the rehearsal."""

    def write(self, data: Any, /) -> NoReturn:
        raise _WouldWriteError

    def truncate(self, size: int | None = None, /) -> NoReturn:
        raise _WouldWriteError
