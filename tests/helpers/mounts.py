"""Disks that come and go."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


class Mount:
    """A small file system in memory, mounted at `folder`; a test is skipped where that cannot be done."""

    def __init__(self, folder: Path, size: str = "8m") -> None:
        self.folder, self._size = folder, size
        folder.mkdir()
        self.mount()

    def mount(self) -> None:
        done = self._run("mount", "-t", "tmpfs", "-o", f"size={self._size}", "none", self.folder)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")

    def make_read_only(self) -> None:
        done = self._run("mount", "-o", "remount,ro", self.folder)
        assert done.returncode == 0, done.stderr

    def unmount(self) -> None:
        """What was on it is lost. Does nothing where nothing is mounted."""
        self._run("umount", "-l", self.folder)

    @staticmethod
    def _run(*command: object) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        except FileNotFoundError as fault:
            pytest.skip(f"no file system can be mounted here: {fault}")
