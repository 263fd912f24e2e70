"""tag and undo while another run holds the library."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiotag.library.store import Store
from audiotag.tags.safewrite.journal import Journal
from tests.cli.tagging.running import Run, genres
from tests.helpers.command import environment


class TestTwoAtOnce:
    @pytest.mark.parametrize("command", [["tag", "--write"], ["undo"]])
    def test_the_second_ends_with_4(self, command: list[str], audiotag: Run, music: Path) -> None:
        with Store(music.parent / "library.db", write=True):
            done = audiotag(*command, "-q")
            assert (done.returncode, done.stdout) == (4, "")
            assert done.stderr.count("\n") == 1
            assert "another run of audiotag holds this library; --wait SECONDS" in done.stderr
            assert audiotag(*command, "--wait", "0.2").returncode == 4
            assert audiotag("tag").returncode == 0, "a dry run only reads"

    def test_or_waits(self, music: Path, tmp_path: Path) -> None:
        with Store(tmp_path / "library.db", write=True):
            process = subprocess.Popen(
                [sys.executable, "-m", "audiotag", "tag", "--write", "-q", "--wait", "60"],
                env=environment(tmp_path),
            )
            time.sleep(1.5)
            assert process.poll() is None
        assert process.wait(timeout=30) == 0
        assert genres(music)[0] == ("Rock",)

    def test_of_two_runs_each_file_is_written_once(self, music: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "audiotag", "tag", "--write", "-q", "--wait", "60"]
        runs = [subprocess.Popen(command, env=environment(tmp_path)) for _ in range(3)]
        assert [process.wait(timeout=60) for process in runs] == [0, 0, 0]
        with Store(tmp_path / "library.db", write=False) as store:
            assert [run.written for run in Journal(store).runs()] == [1]
