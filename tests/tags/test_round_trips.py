"""Write and undo over files of every kind: the same bytes, or by values alone the same values."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from audiotag.tags.plan import TagOptions
from audiotag.tags.undo import find_run
from tests.helpers.music import songs
from tests.tags.cases import Case, cases
from tests.tags.dressing import LEVELS, others_by_mutagen
from tests.tags.runs import REPLACE, predict, put_back, tag

AudioFile = Callable[..., Path]


def round_trip(path: Path, store: Store, options: TagOptions) -> str:
    """Write, undo, look; and once more with the file touched between, so that only values go back."""
    before, others, data = read_tags(path), others_by_mutagen(path), path.read_bytes()
    predict(store, path)
    tag(store, options, (os.fsencode(path),))
    assert read_tags(path).genres == ("Rock",)
    put_back(store, under=(os.fsencode(path),))
    assert path.read_bytes() == data

    predict(store, path)
    tag(store, options, (os.fsencode(path),))
    with path.open("r+b") as file:  # a file that somebody else wrote anew, the very same
        byte = file.read(1)
        file.seek(0)
        file.write(byte)
    number = find_run(store, None, [os.fsencode(path)])
    assert number is not None
    store.execute("UPDATE writes SET delta = NULL WHERE run = ?", (number.id,))
    put_back(store, under=(os.fsencode(path),))
    after = read_tags(path)
    assert (after.genres, after.texts, after.elsewhere) == (before.genres, before.texts, before.elsewhere)
    assert set(others) <= set(others_by_mutagen(path))  # a new tag had to repeat what older ones say
    assert (after.artist, after.album, after.title) == (before.artist, before.album, before.title)
    return "every byte" if path.read_bytes() == data else "every value"


OPTIONS = {
    "as found": REPLACE,
    "with provenance": replace(REPLACE, provenance=True),
}


@pytest.mark.parametrize(
    ("how", "levels"),
    [
        pytest.param("as found", {"full"}, id="as found, full tags"),
        pytest.param("as found", set(LEVELS), id="as found", marks=pytest.mark.slow),
        pytest.param("with provenance", set(LEVELS), id="with provenance", marks=pytest.mark.slow),
    ],
)
def test_a_round_trip_over_every_generated_file(
    how: str, levels: set[str], tmp_path: Path, store: Store, audio_file: AudioFile
) -> None:
    """Of every container; how full its tags are matters little to most, so `make test` does the full ones."""
    found: Counter[str] = Counter()
    for case in (case for case in cases() if case.level in levels):
        path = case.make(tmp_path / f"{case.name}{case.suffix}", audio_file)
        found[round_trip(path, store, OPTIONS[how])] += 1
    print(f"{how}: {found.total()} files undone to the byte by the journal, by values alone {dict(found)}")
    assert found.total() >= 20 * len(levels)


@pytest.mark.parametrize("version", [3, 4])
def test_a_round_trip_through_the_other_id3_version(
    version: int, tmp_path: Path, store: Store, audio_file: AudioFile
) -> None:
    options = replace(REPLACE, id3_version=version)
    for suffix in (".mp3", ".tta", ".wav", ".aiff"):
        path = Case(suffix, None, "full", 7 - version).make(tmp_path / f"a{suffix}", audio_file)
        data = path.read_bytes()
        predict(store, path)
        tag(store, options, (os.fsencode(path),))
        assert read_tags(path).id3_version == version
        put_back(store, under=(os.fsencode(path),))
        assert path.read_bytes() == data
        tag(store, options, (os.fsencode(path),))
        path.write_bytes(path.read_bytes().replace(b"A title", b"New one"))
        put_back(store, under=(os.fsencode(path),))
        tags = read_tags(path)
        assert (tags.id3_version, tags.genres, tags.title) == (7 - version, ("Folk",), "New one")


@pytest.mark.parametrize("song", songs() or [None], ids=lambda path: path.stem if path else "none")
def test_a_round_trip_over_real_songs(song: Path | None, tmp_path: Path, store: Store) -> None:
    if song is None:
        pytest.skip("needs ../shared/music, which is not here")
    copy = tmp_path / song.name
    shutil.copyfile(song, copy)
    print(f"{song.name}: by values alone {round_trip(copy, store, REPLACE)}")
