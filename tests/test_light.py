"""The light installation: what listens and tags needs no more than its lock file has, and what does says so.

Here with what is lacking hidden; test_light_installation.py makes a real one.
"""

from __future__ import annotations

import json
import re
import shutil
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from packaging.requirements import Requirement

from audiotag.cli import COMMANDS
from audiotag.errors import EXIT_FATAL
from audiotag.extras import EXTRAS, is_to_be_had
from audiotag.extras import lacking as lacking_for
from audiotag.library.store import Store
from audiotag.training.archives.archive import MelArchive, save_archive
from tests.helpers.documentation import ROOT
from tests.helpers.light import lacking, light_command, light_distributions
from tests.helpers.models import GENRES, SMALL, MadeModel
from tests.helpers.sound_alikes import fill_alike
from tests.tags.runs import predict

# A library of two songs is there; MUSIC is their folder, OUT one for what is written, ARCHIVE of clips.
WORKS = [
    "scan MUSIC --rescan",
    "tag",
    "tag --write-id3",
    "undo --dry-run",
    "watch MUSIC --systemd",
    "report",
    "report --json -",
    "report --m3u OUT --order flow",
    "report --html OUT/page.html",
    "show MUSIC/one.mp3",
    "similar MUSIC/one.mp3",
    "duplicates",
    "models",
    "prepare OUT/genres -o OUT/made.npz --clips 1 --val-share 0 --test-share 0",
    "evaluate ARCHIVE --split val",
    "doctor",
]  # fmt: skip
SAYS = {
    "learn": "learn needs scikit-learn and threadpoolctl: pip install 'audiotag[learn]'",
    "train ARCHIVE -o OUT/new":
        "train needs tensorflow, onnx, scikit-learn and matplotlib: pip install 'audiotag[train]'",
    "evaluate ARCHIVE --split val -o OUT":
        "evaluate -o needs openTSNE, scipy and matplotlib: pip install 'audiotag[map,pictures]'",
    "evaluate ARCHIVE --split val --engine tensorflow":
        "--engine tensorflow needs tensorflow and onnx: pip install 'audiotag[gpu]'; or use --engine onnx",
    "scan MUSIC --rescan --dask tcp://127.0.0.1:1":
        "--dask needs distributed: pip install 'audiotag[dask]'",
}  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve clips of the made model's genres."""
    path = tmp_path_factory.mktemp("archive") / "made.npz"
    mel = np.random.default_rng(1).integers(1, 256, (12, SMALL.bands, SMALL.frames), np.uint8)
    split = np.repeat(["train", "val"], 6)
    save_archive(MelArchive(mel, np.resize(GENRES, 12), split, np.arange(12), None, frontend=SMALL), path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, two_songs: Path, archive: Path) -> Path:
    """With MUSIC, OUT, ARCHIVE and a library that has the songs."""
    folder = tmp_path_factory.mktemp("light")
    shutil.copytree(two_songs, folder / "MUSIC")
    shutil.copytree(two_songs, folder / "OUT/genres/Rock")
    shutil.copy(archive, folder / "ARCHIVE")
    with Store(folder / "library.db", write=True) as store:
        for song in sorted((folder / "MUSIC").iterdir()):
            predict(store, song)
    return folder


def words(command: str, folder: Path) -> list[str]:
    places = ("MUSIC", "OUT", "ARCHIVE")
    return [str(folder / word) if word.startswith(places) else word for word in command.split()]


def test_what_is_large_is_lacking() -> None:
    assert {"tensorflow", "keras", "onnx", "matplotlib", "sklearn", "scipy", "openTSNE", "dask"} <= lacking()
    assert not {"numpy", "onnxruntime", "mutagen", "essentia", "av"} & lacking()
    assert "essentia" in light_distributions()
    assert "essentia-tensorflow" not in light_distributions()


def test_every_command_is_tried() -> None:
    assert {command.split()[0] for command in [*WORKS, *SAYS]} == set(COMMANDS)


@pytest.mark.parametrize("command", WORKS)
def test_works(command: str, folder: Path, made_model: MadeModel) -> None:
    done = light_command(folder, made_model, *words(command, folder))
    assert done.returncode == 0, done.stdout + done.stderr
    if command == "doctor":
        assert "  installation: light\n" in done.stdout
        assert "learn (learn); map (the map of report --html)" in done.stdout


@pytest.mark.parametrize(("command", "said"), SAYS.items())
def test_says_what_to_install(command: str, said: str, folder: Path, made_model: MadeModel) -> None:
    done = light_command(folder, made_model, *words(command, folder), "-q")
    assert (done.returncode, done.stdout, done.stderr) == (EXIT_FATAL, "", f"audiotag: {said}\n")


def test_listens_without_essentia(tmp_path: Path, two_songs: Path, made_model: MadeModel) -> None:
    """As on arm64, and on Python 3.14, for which it has no packages."""
    said = []
    for but in ((), ("essentia",)):
        folder = tmp_path / "-".join(("with", *but))
        folder.mkdir()
        done = light_command(folder, made_model, "scan", two_songs, "-q", but=but)
        assert (done.returncode, done.stderr) == (0, "")
        done = light_command(folder, made_model, "report", "--json", "-", but=but)
        said.append([json.loads(line) for line in done.stdout.splitlines()])
    assert len(said[0]) == 2
    for one, other in zip(*said, strict=True):
        assert (one["status"], one["genre"]) == (other["status"], other["genre"])
        assert one["confidence"] == pytest.approx(other["confidence"], abs=1e-3)


def test_what_no_package_brings_is_not_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiotag.extras.is_there", lambda module: module != "tensorflow")
    assert lacking_for("train") == "needs tensorflow: pip install 'audiotag[train]'"
    monkeypatch.setattr("audiotag.extras.is_to_be_had", lambda package: package != "tensorflow")
    said = "needs tensorflow, which this Python has no package of; take an older one"
    assert lacking_for("train") == said


def test_the_page_of_many_tracks_is_without_a_map(tmp_path: Path, made_model: MadeModel) -> None:
    fill_alike(tmp_path / "library.db", 40, size=16)
    page = tmp_path / "page.html"
    done = light_command(tmp_path, made_model, "report", "--html", page)
    said = "A map of more than a few tracks needs openTSNE and scipy: pip install 'audiotag[map]'"
    assert done.returncode == 0
    assert f"The page is without what is new on the map. {said}\n" in done.stderr
    assert f"{page}: 40 tracks\n" in done.stderr
    # A map that was asked for is another thing.
    done = light_command(tmp_path, made_model, "report", "--html", page, "--remap")
    assert (done.returncode, done.stderr) == (EXIT_FATAL, f"audiotag: {said}\n")


def test_here_nothing_is_lacking() -> None:
    assert [extra.name for extra in EXTRAS.values() if extra.is_full and lacking_for(extra.name)] == []


class TestWhatIsDeclared:
    """pyproject.toml, the extras that commands name, and the lock file agree."""

    @pytest.fixture
    def extras(self) -> dict[str, list[str]]:
        metadata: ProjectMetadata[Any] = ProjectMetadata(str(ROOT), PluginManager())
        return {name: list(asked) for name, asked in metadata.core.optional_dependencies.items()}

    def test_each_extra_brings_what_it_is_told_by(self, extras: dict[str, list[str]]) -> None:
        assert set(extras) == {*EXTRAS, "beets", "light", "full"}
        for extra in EXTRAS.values():
            assert {package.lower() for package, _ in extra.packages} <= names(extras[extra.name])

    def test_the_full_one_is_all_but_light(self, extras: dict[str, list[str]]) -> None:
        ours = [asked for extra in EXTRAS.values() if extra.is_full for asked in extras[extra.name]]
        assert names(extras["full"]) == {*names(ours), "essentia-tensorflow"}
        assert names(extras["light"]) == {"essentia"}

    def test_one_essentia_of_one_version(self, extras: dict[str, list[str]]) -> None:
        both = [asked for asked in extras["light"] + extras["full"] if "essentia" in asked]
        assert len({asked.partition("==")[2] for asked in both}) == 1

    @pytest.mark.parametrize("python", [(3, 10), (3, 13), (3, 14)])
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_what_there_is_no_package_of_is_known(
        self,
        python: tuple[int, int],
        machine: str,
        extras: dict[str, list[str]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("sys.version_info", python)
        monkeypatch.setattr("platform.machine", lambda: machine)
        there = {"python_version": ".".join(map(str, python)), "platform_machine": machine}
        for asked in map(Requirement, chain(*extras.values())):
            if asked.name != "audiotag":
                wanted = asked.marker is None or asked.marker.evaluate(there)
                assert is_to_be_had(asked.name) == wanted, asked


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", asked, maxsplit=1)[0].lower() for asked in requirements}
