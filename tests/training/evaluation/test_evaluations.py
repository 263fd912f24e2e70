"""Several collections are judged each by its own genres, and count the same in the mean."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import save_archive
from audiotag.training.evaluation.evaluate import Overall
from audiotag.training.evaluation.evaluations import Evaluations, evaluate_archives
from tests.training.predicted_tracks import FIFTEEN, THREE, ByLevel, clips, random_evaluation


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """Three tracks of Folk and Rock, all right; one of Pop, taken for Folk, and one of Jazz."""
    one = clips(["Folk", "Rock", "Rock"], [10, 200, 200], [1, 2, 3])
    other = clips(["Pop", "Jazz"], [10, 10], [1, 2])
    paths = [tmp_path / "one.npz", tmp_path / "other.npz"]
    for path, archive in zip(paths, (one, other), strict=True):
        save_archive(archive, path)
    return paths


def test_each_collection_counts_the_same(archives: list[Path]) -> None:
    found = evaluate_archives(archives, "test", THREE, ByLevel())
    assert list(found.collections) == ["one", "other"]
    assert [one.figures.top1 for one in found.collections.values()] == [1.0, 0.0]
    assert found.figures.top1 == 0.5
    assert (found.figures.n, found.figures.left_out) == (4, 1)
    # Among its one own genre, every track of the second is Pop.
    assert found.figures.top1_closed == 1.0


def test_the_mean_is_that_of_every_figure() -> None:
    parts = [random_evaluation(), random_evaluation(300, FIFTEEN[:4])]
    found = Evaluations({"one": parts[0], "other": parts[1]}, {}).figures
    for field in fields(Overall):
        values = [getattr(part.figures, field.name) for part in parts]
        expected = sum(values) if field.name in ("n", "left_out") else sum(values) / 2
        assert getattr(found, field.name) == pytest.approx(expected)


def test_a_precision_that_a_collection_lacks_does_not_count() -> None:
    some = random_evaluation(100)
    none = replace(some, thresholds=(None,) * len(FIFTEEN))
    both = Evaluations({"some": some, "none": none}, {}).figures
    assert both.precision_at_threshold == some.figures.precision_at_threshold
    assert both.share_at_threshold == some.figures.share_at_threshold / 2


def test_json_of_one_is_its_own_and_of_several_that_of_the_mean(archives: list[Path]) -> None:
    one = evaluate_archives(archives[:1], "test", THREE, ByLevel())
    assert one.to_json() == one.collections["one"].to_json()
    assert "collections" not in one.to_json()
    found = evaluate_archives(archives, "test", THREE, ByLevel())
    values = json.loads(json.dumps(found.to_json()))
    assert list(values)[:3] == ["n", "top1", "top1_closed"]
    assert values["collections"]["one"] == json.loads(json.dumps(one.to_json()))
    assert set(values["collections"]) == {"one", "other"}
    # A genre's figures are those of the collections that have it, in the model's order.
    assert list(values["per_genre"]) == ["Folk", "Pop", "Rock"]
    assert values["per_genre"]["Rock"]["support"] == 2
    assert values["beyond"]["Folk"]["mistaken_from"] == {"Pop": 1}


def test_archives_of_one_name_are_told_apart(archives: list[Path], tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    again = archives[1].rename(tmp_path / "below" / "one.npz")
    found = evaluate_archives([archives[0], again, again], "test", THREE, ByLevel())
    assert list(found.collections) == ["one", "one-2", "one-3"]


def test_an_archive_that_cannot_be_judged_is_named(archives: list[Path], tmp_path: Path) -> None:
    jazz = tmp_path / "jazz.npz"
    save_archive(clips(["Jazz"], [10], [1]), jazz)
    with pytest.raises(ArchiveError, match=r"jazz\.npz: split 'test' has none of the model's genres"):
        evaluate_archives([archives[0], jazz], "test", THREE, ByLevel())
    with pytest.raises(ArchiveError, match=r"one\.npz: the archive has no split 'val'"):
        evaluate_archives(archives, "val", THREE, ByLevel())


def test_an_archive_of_several_collections_is_taken_apart(archives: list[Path]) -> None:
    """One lacks the split, one has no genre: they are passed over, and named."""
    songs = clips(
        ["Folk", "Rock", "Pop", "Pop", ""],
        [10, 10, 200, 10, 10],
        [1, 2, 3, 4, 5],
        ["test", "test", "test", "train", "test"],
    )
    save_archive(replace(songs, source=np.array(["a", "a", "b", "c", "d"])), archives[0])
    found = evaluate_archives(archives[:1], "test", THREE, ByLevel())
    assert {name: one.own for name, one in found.collections.items()} == {
        "a": ("Folk", "Rock"),
        "b": ("Pop",),
    }
    assert (found.figures.n, found.figures.top1) == (3, 1 / 4)
    assert list(found.passed_over) == ["c", "d"]
    assert found.passed_over["c"] == "the archive has no split 'test', only: train"
    assert found.passed_over["d"].endswith("only: clips without a genre")
