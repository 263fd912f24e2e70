"""report --html as a user runs it, on a library that was made up."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from audiotag.discovery.map.update import map_points
from audiotag.errors import EXIT_USAGE
from audiotag.library.lock import take_lock
from audiotag.library.store import Store
from audiotag.reports.page.columns import NONE_16
from tests.helpers.command import command_in
from tests.helpers.sound_alikes import MODEL, fill_alike, made_tracks


def data(page: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The facts and the blocks of tracks in a page."""
    found = re.findall(r'<script type="application/json" data-kind="(\w+)"[^>]*>(.*?)</script>', page)
    facts = [json.loads(text) for kind, text in found if kind == "facts"]
    return facts[0], [json.loads(text) for kind, text in found if kind == "tracks"]


def test_the_page_has_every_track_and_the_map(tmp_path: Path) -> None:
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 40, size=16)
    done = audiotag("report", "--html", tmp_path / "page.html")
    assert done.returncode == 0
    assert "page.html: 40 tracks" in done.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    facts, blocks = data(page)
    assert facts["folder"] == str(tmp_path)
    assert facts["part"] == ""
    assert facts["rules"] == {"policy": "fill", "at most": "1", "threshold": "each genre's own"}
    assert [block["count"] for block in blocks] == [40]
    assert blocks[0]["x"] != blocks[0]["y"]
    # The same library gives the same page, but for the time.
    audiotag("report", "--html", tmp_path / "again.html")
    assert data((tmp_path / "again.html").read_text(encoding="utf-8"))[1] == blocks


def test_a_part_of_the_library_on_stdout(tmp_path: Path) -> None:
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 40, size=16)
    done = audiotag("report", "--html", "-", "/music/Artist 001")
    facts, blocks = data(done.stdout)
    assert (facts["folder"], [block["count"] for block in blocks]) == (None, [10])
    assert facts["part"] == "/music/Artist 001"
    assert done.stdout.startswith("<!doctype html>")
    assert done.stderr == ""


def test_beside_a_running_scan_and_beside_other_reports(tmp_path: Path) -> None:
    """The map cannot be kept then, but the page has one."""
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 40, size=16)
    lock = take_lock(tmp_path / "library.db", 0)
    done = audiotag("report", "--html", tmp_path / "page.html", "--csv", tmp_path / "tracks.csv")
    os.close(lock)
    assert done.returncode == 0
    assert "another run of audiotag holds the library" in done.stderr
    assert (tmp_path / "tracks.csv").read_text().count("\n") == 41
    _, blocks = data((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert blocks[0]["x"]["bits"] == 16


def test_a_library_that_is_all_the_same_to_the_model(tmp_path: Path) -> None:
    """Its points lie apart, for one must be able to point at them, and the page says what that means."""
    audiotag = command_in(tmp_path)
    with Store(tmp_path / "library.db", write=True) as store:
        tracks = list(made_tracks(30, size=16))
        for track in tracks:
            store.put(replace(track, embedding=tracks[0].embedding))
    audiotag("report", "--html", tmp_path / "page.html")
    facts, blocks = data((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert facts["heap"] is True
    places = np.frombuffer(base64.b64decode(blocks[0]["x"]["data"]), "<u2")
    assert len(set(places.tolist())) > 20
    fill_alike(tmp_path / "library.db", 40, size=16)
    audiotag("report", "--html", tmp_path / "page.html", "--remap")
    assert data((tmp_path / "page.html").read_text(encoding="utf-8"))[0]["heap"] is False


def test_an_empty_library(tmp_path: Path) -> None:
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 0)
    done = audiotag("report", "--html", tmp_path / "page.html")
    assert done.returncode == 0
    assert data((tmp_path / "page.html").read_text(encoding="utf-8"))[1] == []


def test_remap_is_of_the_page(tmp_path: Path) -> None:
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 1, size=16)
    done = audiotag("report", "--remap")
    assert done.returncode == EXIT_USAGE
    assert "give --html FILE as well" in done.stderr


def test_a_page_that_cannot_be_written_is_named_before_the_map_is_laid(tmp_path: Path) -> None:
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 40, size=16)
    (tmp_path / "folder").mkdir()
    for name in ("none/page.html", "folder"):
        done = audiotag("report", "--html", tmp_path / name)
        assert done.returncode == 1
        assert f"{name}: cannot be written" in done.stderr
    with Store(tmp_path / "library.db", write=False) as store:
        assert map_points(store) == {}
    assert sorted(os.listdir(tmp_path / "folder")) == []


def test_a_damaged_map_is_named_and_can_be_laid_anew(tmp_path: Path) -> None:
    audiotag = command_in(tmp_path)
    fill_alike(tmp_path / "library.db", 40, size=16)
    audiotag("report", "--html", tmp_path / "page.html")
    with Store(tmp_path / "library.db", write=True) as store:
        store.execute("UPDATE map_points SET x = 'nowhere' WHERE sound = (SELECT min(sound) FROM map_points)")
    done = audiotag("report", "--html", tmp_path / "page.html")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "library.db: its map is damaged" in done.stderr
    assert audiotag("report", "--html", tmp_path / "page.html", "--remap").returncode == 0


def test_the_map_stays_while_a_new_model_has_heard_only_some(tmp_path: Path) -> None:
    """Every track keeps its point, and what is going on is said."""
    audiotag = command_in(tmp_path)
    tracks = list(made_tracks(40, size=16))
    fill_alike(tmp_path / "library.db", 40, size=16)

    def hear(first: int, end: int) -> tuple[str, list[int]]:
        with Store(tmp_path / "library.db", write=True) as store:
            for track in tracks[first:end]:
                store.put(replace(track, model=replace(MODEL, identity="other-1")))
        done = audiotag("report", "--html", tmp_path / "page.html")
        _, (block,) = data((tmp_path / "page.html").read_text(encoding="utf-8"))
        return done.stderr, np.frombuffer(base64.b64decode(block["x"]["data"]), "<u2").tolist()

    _, before = hear(0, 0)
    said, after = hear(0, 10)
    assert (
        "still that of the model before, by which 30 tracks were heard: by the new one it is only 10" in said
    )
    assert after == before
    said, after = hear(10, 20)
    assert "laid anew, for another model; 20 tracks that it has not heard yet" in said
    assert sum(place == NONE_16 for place in after) == 20
