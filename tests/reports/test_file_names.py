"""Names of files, of any text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.reports.file_names import distinct_names, safe_name

ANY = st.text(max_size=20) | st.text(st.sampled_from('./\\ :*?"<>|conCON.1_é\u0301'), max_size=12)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hip-Hop", "Hip-Hop"),
        ("Old-Time / Historic", "Old-Time _ Historic"),
        ('AC\\DC: "live"?*<|>', "AC_DC_ _live______"),
        ("R&B, Soul", "R&B, Soul"),
        ("Žižkov Cafe\u0301", "Žižkov Café"),
        ("CON", "_CON"),
        ("com1.live", "_com1.live"),
        ("Console", "Console"),
        ("Nul ", "_Nul"),
        (" … etc... ", "… etc___"),
        (".hidden", "_hidden"),
        ("..", "__"),
        ("a\nb\x1b\u202ec", "a_b__c"),
        ("", "_"),
        ("ф" * 300, "ф" * 100),
        ("演歌 🎤", "演歌 🎤"),
    ],
)
def test_a_name_that_every_file_system_takes(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(ANY)
def test_whatever_the_text(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= 200
    assert not set(name) & set('<>:"/\\|?*\0')
    assert name[0] not in " ."
    assert name[-1] not in " ."
    assert unicodedata.normalize("NFC", name) == name
    assert safe_name(name) == name


@given(st.lists(ANY, max_size=8))
def test_no_two_texts_share_a_file_though_case_does_not_count(texts: list[str]) -> None:
    names = distinct_names(texts)
    assert set(names) == set(texts)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in names.values()}) == len(names)
    assert distinct_names(texts[::-1]) == names


def test_what_a_file_system_takes_for_one_is_numbered() -> None:
    names = distinct_names(["folk", "Folk", "FOLK", "Folk/Rock", "Folk?Rock"])
    assert names == {
        "FOLK": "FOLK", "Folk": "Folk (2)", "folk": "folk (3)", "Folk/Rock": "Folk_Rock",
        "Folk?Rock": "Folk_Rock (2)",
    }  # fmt: skip


def test_the_file_system_here_takes_the_longest(tmp_path: Path) -> None:
    path = tmp_path / f"{distinct_names(['x' * 300, 'X' * 300])['x' * 300]}.m3u8"
    path.write_bytes(b"")
    assert path.exists()
