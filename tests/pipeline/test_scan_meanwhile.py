"""Whatever happens to the files and the library while a scan runs: it accounts for every file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from audiotag.errors import LibraryLockedError, StoreError
from audiotag.library.store import Store
from audiotag.pipeline import scan as scan_module
from audiotag.pipeline.predict import predict
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.big_library import command, environment, make_tree, rows, run_scan
from tests.helpers.mounts import Mount


class TestWhileItRuns:
    """Files that go, come back, change and cannot be read; see `_meanwhile` for when that happens."""

    @pytest.fixture
    def music(self, tmp_path: Path) -> Path:
        folder = tmp_path / "music"
        folder.mkdir()
        for number in range(6):
            make_audio(folder / f"{number}.flac", tone(4.0, 22_050, seed=number), 22_050)
        return folder

    def test_a_file_that_goes_waits(self, music: Path, tmp_path: Path) -> None:
        done = _meanwhile(music, tmp_path / "l.db", lambda: (music / "3.flac").unlink())
        assert (done["predicted"], done["waiting"], done["failed"]) == (5, 1, 0)
        assert run_scan(music, tmp_path / "l.db")["unchanged"] == 5

    def test_a_file_that_is_being_written_waits_for_the_next_scan(self, music: Path, tmp_path: Path) -> None:
        def grow() -> None:
            with (music / "3.flac").open("ab") as file:
                file.write(bytes(1_000))

        done = _meanwhile(music, tmp_path / "l.db", grow)
        assert (done["predicted"], done["waiting"]) == (5, 1)
        again = run_scan(music, tmp_path / "l.db")
        assert (again["decoded"], again["unchanged"]) == (1, 5)

    def test_a_mount_that_goes_away_fails_nothing_for_good(self, music: Path, tmp_path: Path) -> None:
        """Everything that was not done by then is left, and done when the mount is back."""
        done = _meanwhile(music, tmp_path / "l.db", lambda: music.rename(tmp_path / "away"))
        assert (done["predicted"], done["waiting"], done["failed"]) == (0, 6, 0)
        (tmp_path / "away").rename(music)
        assert run_scan(music, tmp_path / "l.db")["predicted"] == 6

    @pytest.mark.slow  # test_forget_disks.py and test_scan_missing.py have it without a whole scan
    def test_a_real_mount_that_goes_away(self, music: Path, tmp_path: Path) -> None:
        disk, db = Mount(tmp_path / "disk"), tmp_path / "l.db"
        try:
            self._fill(disk, music)
            assert run_scan(disk.folder, db, "--real")["predicted"] == 6
            disk.unmount()
            gone = run_scan(disk.folder, db, "--prune")
            assert (gone["missing"], gone["spared"]) == (6, 6), "forgotten, though only unplugged"
            disk.mount()
            self._fill(disk, music)
            back = run_scan(disk.folder, db)
            assert (back["unchanged"], back["decoded"], back["missing"]) == (6, 0, 0)
        finally:
            disk.unmount()

    def _fill(self, disk: Mount, music: Path) -> None:
        for song in music.iterdir():
            shutil.copy2(song, disk.folder)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read_is_tried_again_each_time(self, music: Path, tmp_path: Path) -> None:
        (music / "3.flac").chmod(0)
        done = run_scan(music, tmp_path / "l.db", "--real")
        assert (done["predicted"], done["kinds"]) == (5, {"unreadable": 1})
        (music / "3.flac").chmod(0o644)
        assert run_scan(music, tmp_path / "l.db", "--real")["predicted"] == 1

    @pytest.mark.slow
    def test_a_clock_that_was_moved_back(self, music: Path, tmp_path: Path) -> None:
        """A file from the past that takes another's place, and one from the future, are new."""
        run_scan(music, tmp_path / "l.db")
        make_audio(music / "1.flac", tone(4.0, 22_050, seed=50), 22_050)
        os.utime(music / "1.flac", (1, 1))
        make_audio(music / "2.flac", tone(4.0, 22_050, seed=51), 22_050)
        os.utime(music / "2.flac", (4e9, 4e9))
        again = run_scan(music, tmp_path / "l.db")
        assert (again["decoded"], again["unchanged"]) == (2, 4)
        assert run_scan(music, tmp_path / "l.db")["unchanged"] == 6

    def test_links_in_a_circle_and_paths_given_twice(self, music: Path, tmp_path: Path) -> None:
        (music / "sub").mkdir()
        (music / "sub" / "up").symlink_to(music, target_is_directory=True)
        (music / "itself.flac").symlink_to(music / "itself.flac")
        assert run_scan(music, tmp_path / "l.db")["predicted"] == 6

    def test_tag_and_report_while_a_scan_runs(self, tmp_path: Path) -> None:
        music, db = tmp_path / "music", tmp_path / "l.db"
        make_tree(music, 100)
        scan = subprocess.Popen(
            command(music, db, "--jobs", "1"), env=environment(slow=0.2), stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + 60
        while not _count(db):
            assert scan.poll() is None, "the scan ended before its first result"
            assert time.monotonic() < end
            time.sleep(0.05)
        variables = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}

        def audiotag(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "audiotag", *arguments, "--db", str(db)],
                capture_output=True, text=True, check=False, env=variables,
            )  # fmt: skip

        try:
            report = audiotag("report")
            tag = audiotag("tag", "--write-id3")
            assert scan.poll() is None, "the scan was over too soon to prove anything"
        finally:
            scan.kill()
            scan.wait()
        assert (report.returncode, report.stderr) == (0, "")
        assert (tag.returncode, "another run" in tag.stderr) == (4, True)
        assert run_scan(music, db)["failed"] == 0
        assert len(rows(db)) == 100


def _count(db: Path) -> int:
    with suppress(StoreError, LibraryLockedError), Store(db, write=False) as store:
        return sum(1 for _ in store.paths())
    return 0  # not made yet


def _meanwhile(music: Path, db: Path, happens: Callable[[], object]) -> dict[str, int]:
    """A scan during which something happens between predicting the files and storing the predictions."""
    from tests.helpers.big_library import CheapEngine, NoProgress, made_card

    def predict_then(jobs: object, card: object, options: object):  # type: ignore[no-untyped-def]
        outcomes = list(predict(jobs, card, options))
        if outcomes:
            happens()
        yield from outcomes

    with pytest.MonkeyPatch.context() as patch, Store(db, write=True) as store:
        patch.setattr("audiotag.pipeline.predict.open_engine", lambda *_, **__: CheapEngine())
        patch.setattr("audiotag.pipeline.predict.predict", predict_then)
        summary = scan_module.scan(
            [os.fsencode(music)], store, made_card(db.parent), scan_module.ScanOptions(jobs=1), NoProgress()
        )
    return {
        "predicted": summary.predicted,
        "waiting": summary.waiting,
        "failed": len(summary.failures),
    }
