"""The files of an evaluation: its figures, its pictures, and the tracks that were misread."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from audiotag.atomic import atomic_text
from audiotag.training.evaluation.evaluate import Evaluation
from audiotag.training.evaluation.evaluations import Evaluations
from audiotag.training.evaluation.map_picture import plot_map
from audiotag.training.evaluation.misread import write_misread
from audiotag.training.evaluation.plots import (
    plot_confusion,
    plot_mistaken_for,
    plot_mistaken_from,
    plot_reliability,
    plot_risk_coverage,
)

_PICTURES = {
    "confusion.png": plot_confusion,
    "reliability.png": plot_reliability,
    "risk_coverage.png": plot_risk_coverage,
    "mistaken_for.png": plot_mistaken_for,
    "mistaken_from.png": plot_mistaken_from,
    "map.png": plot_map,
}


def write_report(found: Evaluations, folder: Path) -> int:
    """Write evaluation.json, misread.csv and six pictures; of several collections each into a folder of its
    name, and evaluation.json of all. Returns how many tracks were misread."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(found.to_json(), folder)
    if len(found.collections) == 1:
        return _write_one(next(iter(found.collections.values())), folder)
    misread = 0
    names = folder_names(found.collections)
    for name, one in zip(names, found.collections.values(), strict=True):
        below = folder / name
        below.mkdir(exist_ok=True)
        _write_json(one.to_json(), below)
        misread += _write_one(one, below)
    return misread


def folder_names(names: Iterable[str]) -> list[str]:
    """A name for the folder of each: an archive may call its collections anything, "../x" too."""
    found: list[str] = []
    for name in names:
        plain = (
            "".join(c if c.isalnum() or c in " ._-" else "_" for c in name)[:60].strip(" .") or "collection"
        )
        wanted, number = plain, 2
        while wanted.casefold() in (other.casefold() for other in found):
            wanted, number = f"{plain}-{number}", number + 1
        found.append(wanted)
    return found


def _write_json(values: dict[str, Any], folder: Path) -> None:
    with atomic_text(folder / "evaluation.json") as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def _write_one(found: Evaluation, folder: Path) -> int:
    for name, plot in _PICTURES.items():
        plot(found, folder / name)
    with atomic_text(folder / "misread.csv") as file:
        return write_misread(found, file)
