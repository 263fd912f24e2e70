"""What is told of a map that is being laid: a bar on a terminal, elsewhere a line where it takes long."""

from __future__ import annotations

import sys

import pytest

from audiotag.cli.map_progress import MapProgressBar
from audiotag.cli.output import Messages


def lay(steps: int, quiet: bool = False) -> MapProgressBar:
    with MapProgressBar(Messages(quiet, False)) as progress:
        progress.begin("Finding neighbours", steps)
        progress.advance(steps)
        progress.begin("Laying the map", 750)
        progress.advance(10)
    return progress


def test_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lay(100)
    assert capsys.readouterr() == ("", "")
    lay(20_000)
    assert capsys.readouterr() == ("", "Finding neighbours …\n")
    lay(20_000, quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lay(100)
    said = capsys.readouterr()
    assert said.out == ""
    assert "Finding neighbours" in said.err
    assert "Laying the map" in said.err
    lay(100, quiet=True)
    assert capsys.readouterr() == ("", "")


def test_who_ends_it_early_is_told_what_became_of_the_map() -> None:
    progress = MapProgressBar(Messages(False, False))
    assert progress.so_far() == "interrupted"
    progress.begin("Laying the map", 750)
    assert progress.so_far() == "interrupted; the map is as it was before"
