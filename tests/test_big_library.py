"""A library of any size: time, memory, and that a kill at any moment costs nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from audiotag.library.store import Store
from tests.helpers.big_library import command, environment, fill, fill_tagged, make_tree, rows, run_scan

# What a run prints of itself, for the README's table.
SHOWN = "{what}: {seconds_taken:.1f} s, peak {peak_mb:.0f} MB, library {db_mb:.1f} MB"


def show(what: str, result: dict[str, Any]) -> None:
    print(SHOWN.format(what=what, **result))


@pytest.mark.parametrize(
    ("files", "seconds"),
    [(1_000, 10), pytest.param(100_000, 10, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)])],
)
def test_a_tree_is_scanned_left_alone_and_recognised(files: int, seconds: float, tmp_path: Path) -> None:
    """The real walk, store, workers and pipeline over a generated tree."""
    music, db = tmp_path / "music", tmp_path / "library.db"
    make_tree(music, files)

    first = run_scan(music, db)
    show(f"first scan of {files:,}", first)
    assert (first["predicted"], first["failed"]) == (files, 0)

    again = run_scan(music, db)
    show("unchanged", again)
    assert (again["unchanged"], again["decoded"], again["recognised"]) == (files, 0, 0)
    assert again["seconds_taken"] < seconds
    assert again["peak_mb"] < 300

    folders = sorted(music.iterdir())
    (tmp_path / "music" / "moved").mkdir()
    for folder in folders[: max(1, len(folders) // 2)]:
        folder.rename(music / "moved" / folder.name)
    moved = sum(len(names) for _, _, names in os.walk(music / "moved"))
    after = run_scan(music, db)
    show(f"after moving {moved:,}", after)
    assert (after["recognised"], after["moved"], after["decoded"]) == (moved, moved, 0)
    assert (after["unchanged"], after["missing"]) == (files - moved, 0)
    with Store(db, write=False) as store:
        assert sum(1 for _ in store.paths()) == files


@pytest.mark.parametrize(
    "files", [500, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)])]
)
@pytest.mark.parametrize("arguments", [["-v"], ["--write", "-q"]])
def test_tag_on_unchanged_files_opens_none_of_them(files: int, arguments: list[str], tmp_path: Path) -> None:
    music, db = tmp_path / "music", tmp_path / "library.db"
    fill_tagged(music, db, files)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "audiotag", "tag", "--db", str(db), *arguments],
        capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip
    print(f"tag {' '.join(arguments)} on {files:,} unchanged files: {time.monotonic() - started:.1f} s")
    assert (done.returncode, done.stderr.count("failed")) == (0, 0)
    if "-q" not in arguments:
        assert done.stdout.count("Polka   kept: has a genre") == files


@pytest.mark.parametrize(
    ("files", "kills"),
    [(300, 2), pytest.param(2_000, 20, marks=[pytest.mark.slow, pytest.mark.timeout(1_200)])],
)
def test_killed_at_random_moments_it_ends_with_the_same_library(
    files: int, kills: int, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    make_tree(music, files)
    run_scan(music, tmp_path / "unbroken.db")
    db = tmp_path / "broken.db"
    chance = random.Random(7)
    kept = []
    for _ in range(kills):
        process = subprocess.Popen(
            command(music, db), env=environment(slow=0.004), stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.3, 3.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if db.exists():
            with Store(db, write=False) as store:
                kept.append(sum(1 for _ in store.paths()))
    assert kept == sorted(kept), "a kill took something away"
    run_scan(music, db)
    assert rows(db) == rows(tmp_path / "unbroken.db")
    assert not (tmp_path / "broken.db.spool").exists()


@pytest.mark.parametrize(
    "many", [20_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(1_800)])]
)
def test_memory_does_not_grow_with_the_library(many: int, tmp_path: Path) -> None:
    """An unchanged scan and every report, with few rows and with many."""
    peaks: dict[int, list[float]] = {}
    for count in (1_000, many):
        db = tmp_path / f"{count}.db"
        fill(db, count)
        scanned = run_scan(Path("/made"), db, "--rows", str(count))
        show(f"{count:,} rows unchanged", scanned)
        assert scanned["unchanged"] == count
        peaks[count] = [scanned["peak_mb"], report_peak_mb(db, tmp_path)]
        print(f"{count:,} rows reported as CSV and JSON: peak {peaks[count][1]:.0f} MB")
    for few, lots in zip(peaks[1_000], peaks[many], strict=True):
        assert lots < few + 40


def report_peak_mb(db: Path, folder: Path) -> float:
    """The peak memory of `audiotag report`, in MB, as GNU time would say it."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)\n"
    )
    arguments = [
        "report",
        "-q",
        "--db",
        str(db),
        "--csv",
        str(folder / "a.csv"),
        "--json",
        str(folder / "a.json"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", "audiotag", *arguments],
        capture_output=True, text=True, check=True, env=environment(),
    )  # fmt: skip
    return float(done.stdout)


@pytest.mark.slow
def test_a_library_from_before_fingerprints_learns_them_without_decoding(tmp_path: Path) -> None:
    music, db = tmp_path / "music", tmp_path / "library.db"
    make_tree(music, 150)
    run_scan(music, db)
    expected = rows(db)
    with Store(db, write=True) as store:
        store.execute("UPDATE tracks SET fingerprint = NULL")
    again = run_scan(music, db)
    assert (again["unchanged"], again["decoded"], again["recognised"]) == (150, 0, 0)
    assert rows(db) == expected
    shutil.move(music / "artist0000", music / "elsewhere")
    after = run_scan(music, db)
    assert (after["moved"], after["decoded"], after["missing"]) == (150, 0, 0)


def test_one_that_was_moved_before_it_had_a_fingerprint_is_heard_again(tmp_path: Path) -> None:
    music, db = tmp_path / "music", tmp_path / "library.db"
    make_tree(music, 20)
    run_scan(music, db)
    with Store(db, write=True) as store:
        store.execute("UPDATE tracks SET fingerprint = NULL")
    shutil.move(music / "artist0000", music / "elsewhere")
    after = run_scan(music, db)
    assert (after["decoded"], after["missing"]) == (20, 20)


def test_two_scans_started_together(tmp_path: Path) -> None:
    """One does it, the other is told; and the library is whole."""
    music, db = tmp_path / "music", tmp_path / "library.db"
    make_tree(music, 200)
    started = [
        subprocess.Popen(command(music, db), env=environment(slow=0.005), stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == [0, 1]
    assert sum("LibraryLockedError" in text for text in said) == 1
    assert len(rows(db)) == 200
