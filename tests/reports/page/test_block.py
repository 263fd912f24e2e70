"""Tracks as the page's data: what goes in, what is cut, what is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np

from audiotag.library.records import TrackInfo
from audiotag.reports.page.block import LONGEST, STATUSES, Blocks, Shown, TagPlan
from audiotag.reports.page.columns import NONE_8, NONE_16
from tests.helpers.tracks import MODEL, STYLED, failed, track
from tests.reports.page.test_columns import unpacked

NAN = float("nan")


def block_of(*shown: Shown) -> dict[str, Any]:
    """The one block of these tracks, with its columns unpacked and its texts in place of their numbers."""
    found = json.loads(Blocks(MODEL.genres).block(shown))
    values = {name: found["lists"][name] for name in found["lists"]}
    texts = {
        name: [values[name][at] for at in unpacked(found["numbers"][name], len(shown))] for name in values
    }
    columns = {
        name: unpacked(found[name], len(shown))
        for name in ("status", "confidence", "seconds", "year", "bars", "x", "y")
    }
    return {"name": found["name"], "title": found["title"], **texts, **columns}


def test_a_track_in_columns() -> None:
    one = track(b"/music/a.mp3", [0.1, 0.25, 0.65432])
    found = block_of(Shown(one, (0.0, 1.0), TagPlan(("Pop",), ("Rock", "Punk"))))
    assert (found["folder"], found["name"]) == (["/music"], ["a.mp3"])
    assert (found["artist"], found["album"], found["title"]) == (["Ann"], ["First"], ["Song"])
    assert (found["genre"], found["confidence"], found["seconds"]) == (["Rock"], [6543], [61])
    assert found["bars"] == [20, 50, 131]
    assert (found["x"], found["y"]) == ([0], [NONE_16 - 1])
    assert json.loads(found["plan"][0]) == [["Pop"], ["Rock", "Punk"], ""]
    assert STATUSES[found["status"][0]] == "ok"


def test_what_there_is_not() -> None:
    found = block_of(Shown(failed(b"/a", "timeout", "took too long")))
    assert (found["folder"], found["genre"], found["confidence"]) == (["/"], [""], [NONE_16])
    assert (found["kind"], found["error"]) == (["timeout"], ["took too long"])
    assert found["bars"] == [NONE_8] * 3
    assert (found["x"], found["seconds"], found["plan"]) == ([NONE_16], [NONE_16], [""])


def test_what_is_no_number_is_none() -> None:
    odd = replace(track(b"/a", [0, 0, 0]), probabilities=np.full(3, NAN, np.float32), duration=NAN)
    found = block_of(Shown(odd, (NAN, 0.5)))
    assert (found["genre"], found["confidence"], found["seconds"]) == ([""], [NONE_16], [NONE_16])
    assert (found["x"], found["y"], found["bars"]) == ([NONE_16], [NONE_16], [NONE_8] * 3)


def test_years_take_no_room_where_there_are_none() -> None:
    old = replace(track(b"/a", [1, 0, 0]), info=TrackInfo(year=1969))
    assert block_of(Shown(old), Shown(track(b"/b", [1, 0, 0])))["year"] == [1969, 0]
    block = json.loads(Blocks(MODEL.genres).block([Shown(track(b"/b", [1, 0, 0]))]))
    assert block["year"] == {"bits": 0}


def test_every_byte_of_a_path_comes_back() -> None:
    path = b"/m\xff\xfe/\xe9 \xc3\xa9\n.mp3"
    found = block_of(Shown(track(path, [1, 0, 0])))
    assert f"{found['folder'][0]}/{found['name'][0]}".encode("utf-8", "surrogateescape") == path


def test_long_texts_are_cut() -> None:
    long = replace(track(b"/a", [1, 0, 0]), info=TrackInfo("x" * 100_000, "y" * LONGEST, "z" * 100_000))
    found = block_of(Shown(long, plan=TagPlan(("g" * 100_000,) * 1000, ("Folk",))))
    assert (found["artist"], found["album"]) == (["x" * LONGEST + "…"], ["y" * LONGEST])
    assert len(found["plan"][0]) < 12 * (LONGEST + 10)


def test_another_model_s_genres_and_styles() -> None:
    """Its best genre has a number of its own; bars are of the model used last alone."""
    found = block_of(Shown(track(b"/a", [0.75, 0.9, 0.1], STYLED, [0.5, 0.8, 0.1])))
    assert (found["genre"], found["styles"], found["model"]) == (
        ["Electronic"],
        ["Chiptune; House"],
        ["styled-1"],
    )
    assert found["bars"] == [NONE_8, NONE_8, 20]


def test_the_lists_go_on_from_block_to_block() -> None:
    blocks = Blocks(MODEL.genres)
    first, second = (json.loads(blocks.block([Shown(track(path, [1, 0, 0]))])) for path in (b"/a/x", b"/b/x"))
    assert first["lists"]["genre"] == ["", *MODEL.genres]
    assert second["lists"]["genre"] == []
    assert (first["lists"]["folder"], second["lists"]["folder"]) == (["", "/a"], ["/b"])
    assert unpacked(second["numbers"]["folder"], 1) == [2]
