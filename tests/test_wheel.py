"""The wheel as others get it: the same each time, and at home where nothing is yet.

.ci/run runs it; `make test` does not, for it takes a minute and asks the package index.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mutagen.mp3 import MP3

from tests.helpers.command import environment
from tests.helpers.documentation import ROOT
from tests.helpers.music import MUSIC, require
from tests.helpers.pythons import find_python

_UV = [sys.executable, "-m", "uv"]
_SONG = "Hip-Hop/BrakhageIntro.mp3"
# The oldest Python, and the newest for which there is an Essentia.
_PYTHONS = ("3.10", "3.13")


def run(*command: str | os.PathLike[str], folder: Path, path: str | None = None) -> str:
    """What a command printed, elsewhere than in the sources; it has to succeed."""
    variables = environment(folder) | {"PYTHONPATH": "", "UV_PYTHON_DOWNLOADS": "never"}
    if path is not None:
        variables["PATH"] = path
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=variables
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built(source: Path, folder: Path, kind: str) -> Path:
    """A wheel or an sdist of a source tree."""
    folder.mkdir(exist_ok=True)
    run(
        *_UV, "build", "--quiet", "--no-build-isolation", "--python", sys.executable, f"--{kind}",
        "--out-dir", folder, source, folder=folder,
    )  # fmt: skip
    (file,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module", params=_PYTHONS)
def prefix(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the pins of the light installation, and the wheel."""
    folder = tmp_path_factory.mktemp("fresh")
    if (python := find_python(request.param)) is None:
        pytest.skip(f"Python {request.param} is not installed")
    run(python, "-m", "venv", folder / "venv", folder=folder)
    pip = (folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    pins = ("--require-hashes", "--requirement", ROOT / "requirements-light.lock")
    run(*pip, "--only-binary", ":all:", *pins, folder=folder)
    run(*pip, "--no-deps", wheel, folder=folder)
    return folder / "venv"


@pytest.mark.slow
class TestBuild:
    def test_the_sdist_makes_the_same_wheel_byte_for_byte(self, wheel: Path, tmp_path: Path) -> None:
        sdist = built(ROOT, tmp_path / "sdist", "sdist")
        shutil.unpack_archive(sdist, tmp_path / "unpacked", filter="data")
        (source,) = (tmp_path / "unpacked").iterdir()
        again = built(source, tmp_path / "again", "wheel")
        assert again.name == wheel.name
        assert {file.filename: file.CRC for file in zipfile.ZipFile(again).infolist()} == {
            file.filename: file.CRC for file in zipfile.ZipFile(wheel).infolist()
        }
        assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()

    def test_nothing_of_the_workshop_is_in_it(self, wheel: Path) -> None:
        tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
        version = wheel.name.split("-")[1]
        assert tops == {"audiotag", "beetsplug", f"audiotag-{version}.data", f"audiotag-{version}.dist-info"}


@pytest.mark.slow
class TestFreshEnvironment:
    def test_says_its_version(self, prefix: Path, wheel: Path, tmp_path: Path) -> None:
        said = run(prefix / "bin/audiotag", "--version", folder=tmp_path)
        assert said == f"audiotag {wheel.name.split('-')[1]}\n"

    def test_all_is_well(self, prefix: Path, tmp_path: Path) -> None:
        said = run(prefix / "bin/audiotag", "doctor", folder=tmp_path)
        assert "  installation: light\n" in said
        assert "  PyAV: works" in said

    @pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
    def test_man_finds_its_page(self, prefix: Path, tmp_path: Path) -> None:
        path = f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"
        said = run("man", "-w", "audiotag", folder=tmp_path, path=path)
        assert said == f"{prefix}/share/man/man1/audiotag.1\n"

    @pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
    def test_bash_takes_its_completion(self, prefix: Path, tmp_path: Path) -> None:
        file = prefix / "share/bash-completion/completions/audiotag"
        said = run("bash", "-c", 'source "$0" && complete -p audiotag', file, folder=tmp_path)
        assert said.startswith("complete ")
        assert (prefix / "share/zsh/site-functions/_audiotag").is_file()
        assert (prefix / "share/fish/vendor_completions.d/audiotag.fish").is_file()

    def test_listens_to_a_song_and_tags_it(self, prefix: Path, tmp_path: Path) -> None:
        song = tmp_path / "song.mp3"
        shutil.copy(require(MUSIC) / _SONG, song)
        audiotag = prefix / "bin/audiotag"
        run(audiotag, "scan", "-q", song, folder=tmp_path)
        run(audiotag, "tag", "--policy", "replace", "--min-confidence", "0", "--write-id3", folder=tmp_path)
        report = run(audiotag, "report", "--csv", "-", folder=tmp_path).splitlines()
        row = dict(zip(report[0].split(","), report[1].split(","), strict=False))
        assert MP3(song)["TCON"].text == [row["genre"]]
