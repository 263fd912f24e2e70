"""`make scan LIGHT=1` on a machine that has nothing yet: how large it gets, and that it hears the same.

.ci/run runs it; `make test` does not, for it takes half a minute and asks the package index.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from audiotag.errors import EXIT_FATAL
from tests.helpers.command import command_in, environment
from tests.helpers.documentation import ROOT
from tests.helpers.music import MUSIC, require

_MOST_BYTES = 450 << 20  # MB as `du -m` counts them
_SONGS = ("Hip-Hop/BrakhageIntro.mp3", "Folk/OrangeJuiceSoniaIsabel.mp3", "Pop/BetterSquareaSaw.mp3")
# Of a probability: both decode by FFmpeg, of other builds.
_SAME = 1e-3


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    for song in _SONGS:
        shutil.copy(require(MUSIC) / song, folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, songs: Path) -> Path:
    """With `venv`, and a library of the songs as `make scan LIGHT=1` leaves it."""
    folder = tmp_path_factory.mktemp("light")
    done = subprocess.run(
        ["make", "scan", "LIGHT=1", f"VENV={folder / 'venv'}", f"MUSIC={songs}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=environment(folder) | {"MAKEFLAGS": "", "PYTHONPATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 tracks predicted" in done.stderr
    return folder


def audiotag(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "venv/bin/audiotag", *arguments],
        capture_output=True, text=True, check=False, env=environment(folder) | {"PYTHONPATH": ""},
    )  # fmt: skip


def size_of(folder: Path) -> int:
    """On disk, in bytes, as `du` counts."""
    files = [Path(path, name).lstat() for path, _, names in os.walk(folder) for name in names]
    return sum(file.st_blocks * 512 for file in files)


@pytest.mark.slow
class TestLightInstallation:
    def test_is_small(self, folder: Path) -> None:
        assert size_of(folder / "venv") + size_of(ROOT / "weights") + size_of(ROOT / "audiotag") < _MOST_BYTES

    def test_hears_the_same_as_the_full_one(self, folder: Path, songs: Path, tmp_path: Path) -> None:
        full = command_in(tmp_path)
        assert full("scan", songs).returncode == 0
        reports = [audiotag(folder, "report", "--csv", "-"), full("report", "--csv", "-")]
        light, whole = (list(csv.DictReader(io.StringIO(done.stdout))) for done in reports)
        assert [row["path"] for row in light] == [str(path) for path in sorted(songs.iterdir())]
        for one, other in zip(light, whole, strict=True):
            assert one["genre"] == other["genre"]
            assert float(one["confidence"]) == pytest.approx(float(other["confidence"]), abs=_SAME)

    def test_plans_and_says_what_it_is(self, folder: Path) -> None:
        done = audiotag(folder, "tag", "--policy", "replace", "--min-confidence", "0")
        assert done.returncode == 0
        assert "3 of 3 files would be written" in done.stderr
        done = audiotag(folder, "doctor")
        assert done.returncode == 0, done.stdout
        assert "  installation: light\n" in done.stdout
        assert "essentia-tensorflow" not in done.stdout

    @pytest.mark.parametrize("command", ["learn", "train x.npz -o x", "evaluate x.npz -o x"])
    def test_says_what_to_install(self, command: str, folder: Path) -> None:
        done = audiotag(folder, *command.split())
        assert done.returncode == EXIT_FATAL
        assert done.stderr.count("\n") == 1
        assert "pip install 'audiotag[" in done.stderr
