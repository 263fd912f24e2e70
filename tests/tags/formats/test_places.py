"""All places in a file that say a genre follow a write, and each gets its own genre back."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotag.tags.change import PLACE, Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.corpus.collection import structures

BY_NAME = {structure.id: structure for structure in structures()}


def make(name: str, folder: Path) -> Path:
    path = folder / BY_NAME[name].file_name
    path.write_bytes(BY_NAME[name].build())
    return path


@pytest.mark.parametrize(
    ("name", "place", "said"),
    [
        ("mp4: a freeform genre", "a freeform atom", "Polka"),
        ("mp4: a genre and a freeform one", "a freeform atom", "Waltz"),
        ("mp4: a freeform genre of another owner", "a freeform atom", "Polka"),
        ("mp4: QuickTime's meta with a genre", "a list of keys", "Polka"),
        ("mp4: QuickTime sound with text atoms of its own", "QuickTime's user data", "Polka"),
        ("ape: APEv2 and ID3v1", "ID3v1", "17"),
        ("tta: ID3v2 and APEv2, each with a genre", "APEv2", "Waltz"),
        ("wav: INFO with a genre in Latin-1", "INFO", "Müllermusik"),
        ("mp3: ID3v2 and APEv2, each with a genre", "APEv2", "Pop"),
    ],
)
def test_each_place_follows_and_gets_its_own_genre_back(
    name: str, place: str, said: str, tmp_path: Path
) -> None:
    path = make(name, tmp_path)
    before = read_tags(path)
    assert before.elsewhere[PLACE + place] == (said,)
    safe_write(path, Change(("Folk",)))
    assert read_tags(path).elsewhere[PLACE + place] == (("80",) if place == "ID3v1" else ("Folk",))
    safe_write(path, Change(before.stored, elsewhere=before.elsewhere))
    assert read_tags(path) == before


def test_a_place_that_is_not_named_stays(tmp_path: Path) -> None:
    path = make("mp4: a genre and a freeform one", tmp_path)
    before = read_tags(path)
    safe_write(path, Change(("Folk",), elsewhere={}))
    assert read_tags(path).elsewhere == before.elsewhere


def test_the_apev2_tag_of_a_tta_file_gets_the_genre_beside_id3(tmp_path: Path) -> None:
    """FFmpeg shows nothing but the former."""
    path = make("tta: ID3v2 in front, APEv2 behind", tmp_path)
    safe_write(path, Change(("Folk",)))
    assert read_tags(path).stored == ("Folk",)
    assert read_tags(path).elsewhere == {PLACE + "APEv2": ("Folk",)}
