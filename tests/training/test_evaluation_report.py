"""The files of an evaluation: figures, pictures, misread tracks; several collections have a folder each."""

from __future__ import annotations

import csv
import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.training.evaluation_report import folder_names, write_report
from audiotag.training.evaluations import Evaluations
from tests.training.judged_tracks import FIFTEEN, random_evaluation

PICTURES = ("confusion", "reliability", "risk_coverage", "mistaken_for", "mistaken_from")
FILES = {"evaluation.json", "misread.csv", *(f"{name}.png" for name in PICTURES)}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def size(picture: Path) -> tuple[int, int]:
    """(width, height) of a PNG, pixels."""
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_one_collection_lies_in_the_folder_itself(tmp_path: Path) -> None:
    found = Evaluations({"fifteen": random_evaluation()}, {})
    misread = write_report(found, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert names(folder) == FILES
    for picture in PICTURES:
        assert min(size(folder / f"{picture}.png")) > 300
    assert json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["n"] == 900
    with (folder / "misread.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == misread == (~random_evaluation().right).sum()


def test_several_collections_have_a_folder_each(tmp_path: Path) -> None:
    one, other = random_evaluation(100), random_evaluation(50, FIFTEEN[:4])
    misread = write_report(Evaluations({"one": one, "other": other}, {}), tmp_path)
    assert names(tmp_path) == {"evaluation.json", "one", "other"}
    assert names(tmp_path / "one") == names(tmp_path / "other") == FILES
    whole = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    below = json.loads((tmp_path / "other" / "evaluation.json").read_text(encoding="utf-8"))
    assert whole["collections"]["other"] == below
    assert misread == (~one.right).sum() + (~other.right).sum()


def test_the_more_genres_the_larger_the_picture(tmp_path: Path) -> None:
    found = random_evaluation(300, FIFTEEN[:3])
    write_report(Evaluations({"three": found}, {}), tmp_path / "three")
    write_report(Evaluations({"all": random_evaluation()}, {}), tmp_path / "all")
    for picture in ("confusion.png", "mistaken_for.png"):
        assert size(tmp_path / "all" / picture)[1] > size(tmp_path / "three" / picture)[1]


@pytest.mark.filterwarnings("error")
def test_nothing_wrong_nothing_written_and_odd_names_are_drawn_too(tmp_path: Path) -> None:
    """Between two dollars would stand a formula, and a wrong one."""
    found = random_evaluation(40)
    perfect = replace(
        found,
        labels=found.answers,
        thresholds=(None,) * len(FIFTEEN),
        genres=("$x_{$", "two\nlines", "\\frac$", *FIFTEEN[3:]),
    )
    assert write_report(Evaluations({"perfect": perfect}, {}), tmp_path) == 0
    assert names(tmp_path) == FILES


def test_a_collection_s_name_cannot_lead_out_of_the_folder() -> None:
    assert folder_names(["fma", "../../etc", "a/b", "a_b", "FMA", "..", "", "Ünïcode 1.2"]) == [
        "fma", "_.._etc", "a_b", "a_b-2", "FMA-2", "collection", "collection-2", "Ünïcode 1.2",
    ]  # fmt: skip
