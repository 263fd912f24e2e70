"""One writer at a time; a second one waits or is told."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from audiotag.errors import LibraryLockedError
from audiotag.library.lock import take_lock


def test_a_second_one_is_told_at_once_or_after_waiting(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    held = take_lock(path)
    with pytest.raises(LibraryLockedError, match="--wait SECONDS"):
        take_lock(path)
    started = time.monotonic()
    with pytest.raises(LibraryLockedError, match=r"waited 0\.3 s"):
        take_lock(path, wait=0.3)
    assert 0.3 <= time.monotonic() - started < 5
    os.close(held)
    os.close(take_lock(path))


def test_waiting_ends_when_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    held = take_lock(path)
    timer = threading.Timer(0.3, os.close, (held,))
    timer.start()
    os.close(take_lock(path, wait=60))
    timer.join()
