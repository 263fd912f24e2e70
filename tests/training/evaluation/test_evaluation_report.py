"""The files of an evaluation: figures, pictures, misread tracks; several collections have a folder each."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from audiotag.training.evaluation.evaluation_report import folder_names, write_report
from audiotag.training.evaluation.evaluations import Evaluations
from tests.helpers.pictures import size
from tests.training.predicted_tracks import FIFTEEN, random_evaluation

PICTURES = ("confusion", "reliability", "risk_coverage", "mistaken_for", "mistaken_from", "map")
FILES = {"evaluation.json", "misread.csv", *(f"{name}.png" for name in PICTURES)}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_one_collection_lies_in_the_folder_itself(tmp_path: Path) -> None:
    found = Evaluations({"fifteen": random_evaluation(200)}, {})
    misread = write_report(found, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert names(folder) == FILES
    for picture in PICTURES:
        assert min(size(folder / f"{picture}.png")) > 300
    assert json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["n"] == 200
    with (folder / "misread.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == misread == (~random_evaluation(200).right).sum()


@pytest.mark.slow
def test_several_collections_have_a_folder_each(tmp_path: Path) -> None:
    one, other = random_evaluation(100), random_evaluation(50, FIFTEEN[:4])
    misread = write_report(Evaluations({"one": one, "other": other}, {}), tmp_path)
    assert names(tmp_path) == {"evaluation.json", "one", "other"}
    assert names(tmp_path / "one") == names(tmp_path / "other") == FILES
    whole = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    below = json.loads((tmp_path / "other" / "evaluation.json").read_text(encoding="utf-8"))
    assert whole["collections"]["other"] == below
    assert misread == (~one.right).sum() + (~other.right).sum()


def test_a_collection_s_name_cannot_lead_out_of_the_folder() -> None:
    assert folder_names(["fma", "../../etc", "a/b", "a_b", "FMA", "..", "", "Ünïcode 1.2"]) == [
        "fma", "_.._etc", "a_b", "a_b-2", "FMA-2", "collection", "collection-2", "Ünïcode 1.2",
    ]  # fmt: skip
