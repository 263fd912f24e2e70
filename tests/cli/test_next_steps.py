"""audiotag alone: what there is and what can be done with it, in five lines."""

from __future__ import annotations

from pathlib import Path

from audiotag.library.store import Store
from tests.helpers.command import Run
from tests.helpers.tracks import failed, track


def test_without_a_library_it_says_how_to_begin(audiotag: Run) -> None:
    done = audiotag()
    assert (done.returncode, done.stderr) == (0, "")
    assert "audiotag scan ~/Music" in done.stdout
    assert len(done.stdout.splitlines()) == 5
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_with_one_it_says_what_waits(audiotag: Run, tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/m/1.mp3", [0.3, 0.2, 0.3]))
        store.put(failed(b"/m/2.mp3"))
    lines = audiotag().stdout.splitlines()
    assert lines[0] == f"2 tracks in {tmp_path}/library.db"
    assert lines[1:4] == [
        "  1 uncertain               audiotag report --status uncertain",
        "  1 failed                  audiotag report --status failed",
        "  nothing to be tagged      audiotag report shows what there is",
    ]


def test_the_library_may_be_named(audiotag: Run, tmp_path: Path) -> None:
    with Store(tmp_path / "other.db", write=True) as store:
        store.put(failed(b"/m/2.mp3"))
    assert audiotag("--db", tmp_path / "other.db").stdout.startswith(f"1 track in {tmp_path}/other.db")
    assert "No library yet" in audiotag("--db", tmp_path / "none.db").stdout
    assert audiotag("--config", tmp_path / "none.toml").returncode == 1


def test_quiet_says_nothing(audiotag: Run) -> None:
    done = audiotag("-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_one_that_is_being_written_is_not_waited_for(audiotag: Run, tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(failed(b"/m/2.mp3"))
        assert audiotag().stdout.startswith("1 track in ")


def test_a_model_that_cannot_judge_it_is_named_beside_what_there_is(audiotag: Run, tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(track(b"/m/1.mp3", [0.3, 0.2, 0.3]))
    done = audiotag(AUDIOTAG_MODEL="mine")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"1 track in {tmp_path}/library.db"
    assert lines[1].startswith("  no model 'mine': give one of: ")


def test_a_library_that_is_none_is_one_line(audiotag: Run, tmp_path: Path) -> None:
    (tmp_path / "library.db").write_text("these are notes\n" * 100)
    done = audiotag()
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (1, 1, "")
