"""`evaluate` as a user runs it: several archives, each with genres of its own."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.model.card import GenreOutput, ModelFile, file_digest, write_card
from audiotag.training.archives.archive import save_archive
from tests.helpers.command import Run, command_in
from tests.training.predicted_tracks import clips, made_card

GENRES = ("Folk", "Jazz", "Pop", "Rock")


@pytest.fixture
def audiotag(tmp_path: Path) -> Run:
    return command_in(tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card and an ONNX network that tells four genres by how loud a window is. Jazz is never written."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder = tmp_path_factory.mktemp("model")
    # Each genre likes a level of its own: sigmoid(4 - 20 |level - liked|).
    liked = np.array([[0.1, 0.35, 0.6, 0.9]], np.float32)
    constants = {
        "scale": np.array(1 / 255, np.float32),
        "liked": liked,
        "slope": np.array(-20, np.float32),
        "top": np.array(4, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["windows"], ["bytes"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["bytes", "scale"], ["scaled"]),
        helper.make_node("Flatten", ["scaled"], ["cells"], axis=1),
        helper.make_node("ReduceMean", ["cells"], ["embedding"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["embedding", "liked"], ["signed"]),
        helper.make_node("Abs", ["signed"], ["distance"]),
        helper.make_node("Mul", ["distance", "slope"], ["steep"]),
        helper.make_node("Add", ["steep", "top"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "by_level",
        [helper.make_tensor_value_info("windows", TensorProto.UINT8, ["n", "bands", "frames"])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(GENRES)]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 1]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    network = folder / "level.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), network)
    outputs = tuple(GenreOutput(genre, threshold=None if genre == "Jazz" else 0.6) for genre in GENRES)
    files = {"onnx": ModelFile(network.name, file_digest(network), "float32")}
    return write_card(replace(made_card(outputs, folder), name="level", files=files))


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One of Folk and Rock, one of Jazz and Pop and two clips of neither; a track of each is misread."""
    folder = tmp_path_factory.mktemp("archives")
    quiet, soft, loud, louder = 25, 90, 153, 230
    one = clips(["Folk", "Folk", "Rock", "Rock"], [quiet, soft, louder, louder], [1, 2, 3, 4])
    other = clips(["Jazz", "Pop", "Pop", "Polka", ""], [soft, loud, louder, quiet, quiet], [1, 2, 3, 4, 5])
    paths = [folder / "one.npz", folder / "other.npz"]
    for path, archive in zip(paths, (one, other), strict=True):
        save_archive(archive, path)
    return paths


def test_one_archive_is_told_in_a_table(audiotag: Run, model: Path, archives: list[Path]) -> None:
    done = audiotag("evaluate", archives[1], "--split", "test", "--model", model, "--engine", "onnx")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "left out: 2 clips without a genre that level has\n"
    lines = done.stdout.splitlines()
    assert lines[0].strip() == "level on other, split test"
    assert [line.split() for line in lines[1:5] if "─" not in line] == [
        ["genre", "precision", "recall", "F1", "tracks", "threshold", "written", "right", "mistaken", "for"],
        ["Jazz", "1.000", "1.000", "1.000", "1", "–", "0", "0"],
        ["Pop", "1.000", "0.500", "0.667", "2", "0.600", "1", "1", "Rock", "1"],
    ]
    assert lines[-2].startswith("3 tracks: top-1 0.667 (1.000 among the archive's own genres), top-3 1.000, ")
    assert lines[-1] == "At the model's thresholds, 66.7% of the tracks are written, 50.0% of them right."


def test_several_archives_are_told_each_and_together(
    audiotag: Run, model: Path, archives: list[Path], tmp_path: Path
) -> None:
    options = ("--split", "test", "--model", model, "--engine", "onnx")
    odd = replace(clips(["Folk", "Polka"], [25, 25], [1, 2]), source=np.array(["one", "odd"]))
    save_archive(odd, tmp_path / "both.npz")
    done = audiotag("evaluate", tmp_path / "both.npz", *options)
    assert "passed over: odd: " in done.stderr
    done = audiotag("evaluate", *archives, *options)
    assert done.returncode == 0, done.stderr
    assert [line.strip() for line in done.stdout.splitlines() if " on " in line] == [
        "level on one, split test",
        "level on other, split test",
    ]
    assert "Mean of 2 collections: top-1 0.708 (1.000 among their own genres)" in done.stdout

    done = audiotag("evaluate", *archives, *options, "--json", "-o", tmp_path / "report")
    found = json.loads(done.stdout)
    assert {name: one["n"] for name, one in found["collections"].items()} == {"one": 4, "other": 3}
    assert (found["n"], found["left_out"]) == (7, 2)
    assert found["top1"] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert "7 tracks" not in done.stderr
    assert "misread.csv (2 tracks)" in done.stderr
    report = tmp_path / "report"
    assert json.loads((report / "evaluation.json").read_text(encoding="utf-8")) == found
    with (report / "one" / "misread.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["track_id"], row["label"], row["predicted"], row["top3"]) == ("2", "Folk", "Jazz", "1")


@pytest.mark.parametrize(
    ("named", "options", "said"),
    [
        (["{one}", "{none}"], (), "none.npz: no such file or folder"),
        (["{one}"], ("-o", "{one}"), "one.npz: File exists"),
        (["{one}", "{other}"], ("--split", "val"), "one.npz: the archive has no split 'val', only: test"),
    ],
)
def test_a_mistake_is_one_line(
    named: list[str],
    options: tuple[str, ...],
    said: str,
    audiotag: Run,
    model: Path,
    archives: list[Path],
    tmp_path: Path,
) -> None:
    paths = {"one": archives[0], "other": archives[1], "none": tmp_path / "none.npz"}
    given, further = ([word.format(**paths) for word in words] for words in (named, options))
    done = audiotag("evaluate", *given, "--model", model, "--engine", "onnx", *further)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
