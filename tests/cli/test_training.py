"""`train` and `evaluate` as a user runs them, from an archive to a model that scan can use."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.training.archives.archive import MelArchive, save_archive
from tests.helpers.command import Run, command_in


@pytest.fixture
def audiotag(tmp_path: Path) -> Run:
    return command_in(tmp_path)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve clips of the shipped front-end, loud below or loud above; one of a third genre."""
    random = np.random.default_rng(2)
    mel = random.integers(1, 60, (13, 100, 250), np.uint8)
    low = np.arange(13) % 2 == 0
    mel[low, :40] += 180
    mel[~low, 60:] += 180
    genre = np.where(low, "Low", "High").astype("<U4")
    split = np.array(["train"] * 8 + ["val"] * 4 + ["test"])
    genre[12] = "Jazz"
    path = tmp_path_factory.mktemp("archive") / "made.npz"
    save_archive(MelArchive(mel, genre, split, 100 * np.arange(13), None), path)
    return path


SMALLEST = ("--arch", "convpool", "--set", "hidden=8", "--set", "trunk.rate=3e-4", "--set", "mixup=0")


@pytest.mark.timeout(280)
def test_from_an_archive_to_figures_and_plots(audiotag: Run, archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    done = audiotag("train", archive, "-o", out, "--epochs", "2", *SMALLEST)
    assert done.returncode == 0, done.stderr
    assert "epoch 2 of 2" in done.stderr
    assert {path.name for path in out.iterdir()} == {
        "convpool.json", "convpool.onnx", "learning.png",
    }  # fmt: skip
    card = json.loads((out / "convpool.json").read_text(encoding="utf-8"))
    assert list(card["genres"]) == ["High", "Low"]  # `train` has no Jazz to learn from
    assert "made: top-1 " in done.stderr
    assert card["training"]["recipe"]["hidden"] == 8
    assert len(card["training"]["history"]) == 2

    model = ("--model", out / "convpool.json", "--engine", "onnx")
    done = audiotag("evaluate", archive, *model, "--json", "-o", tmp_path / "report")
    found = json.loads(done.stdout)
    assert {"top1", "top3", "macro_f1", "ece", "n", "per_genre"} <= set(found)
    for name in ("top1", "top1_closed", "n"):
        assert found[name] == pytest.approx(card["figures"]["collections"]["made"][name])
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {
        "evaluation.json", "misread.csv", "confusion.png", "reliability.png", "risk_coverage.png",
        "mistaken_for.png", "mistaken_from.png", "map.png",
    }  # fmt: skip
    with (tmp_path / "report" / "misread.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == round(4 * (1 - found["top1"]))

    done = audiotag("evaluate", archive, *model)
    assert "4 tracks: top-1" in done.stdout
    assert "mistaken for" in done.stdout
    done = audiotag("evaluate", archive, *model, "--split", "test")
    assert done.returncode == 1
    assert "none of the model's genres" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_folds_give_figures_of_each_collection(audiotag: Run, archive: Path) -> None:
    done = audiotag("train", archive, "--folds", "2", "--epochs", "1", *SMALLEST)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["made", name] for name in ("top1", "top3", "macro_f1")]
    assert all(line.endswith("over 2 folds") for line in lines)


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        ((), 2, "give either -o DIR"),
        (("-o", "{out}", "--folds", "3"), 2, "give either -o DIR"),
        (("--folds", "1"), 2, "--folds 1: 2 to 8"),
        (("--folds", "3", "--resume"), 2, "--resume needs -o DIR"),
        (("-o", "{out}", "--arch", "vgg"), 2, "no architecture 'vgg'"),
        (("-o", "{out}", "--set", "mixups=0"), 2, "no 'mixups' there"),
        (("-o", "{out}", "--leave-out", "mad"), 2, "--leave-out mad: no such collection; there are: made"),
        (("-o", "{out}", "--leave-out", "made"), 1, "no archive has clips with a genre in a split 'val'"),
        (("-o", "{out}", "--styles", "{out}/none.csv"), 1, "none.csv: no such file"),
        (("-o", "{out}", "--init", "{out}/none.npz"), 1, "none.npz: no such file"),
    ],
)
def test_a_mistake_is_one_line(
    options: tuple[str, ...], code: int, named: str, audiotag: Run, archive: Path, tmp_path: Path
) -> None:
    done = audiotag("train", archive, *(option.format(out=tmp_path / "out") for option in options))
    assert done.returncode == code, done.stderr
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_archive_of_another_front_end_is_refused(audiotag: Run, tmp_path: Path) -> None:
    other = FMA_ARCHIVE.of_length(30.0)
    mel = np.zeros((2, 50, other.frames), np.uint8)
    path = tmp_path / "other.npz"
    np.savez(path, mel=mel, genre=["A", "B"], split=["train", "val"], track_id=[1, 200])
    for command in (("evaluate", path, "--engine", "onnx"), ("train", path, "-o", tmp_path / "out")):
        done = audiotag(*command)
        assert done.returncode == 1
        assert "50 mel bands, not 100" in done.stderr
