"""The genre map file and its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotag.errors import ConfigError
from audiotag.tags.genremap import load_genre_map

KNOWN = ("Hip-Hop", "Rock", "Experimental")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rename_split_and_silence(tmp_path: Path) -> None:
    path = written(tmp_path, '"Hip-Hop" = ["Hip-Hop", "Rap"]\nrock = " Röck "\nExperimental = []\n')
    assert load_genre_map(path, KNOWN) == {
        "hip-hop": ("Hip-Hop", "Rap"),
        "rock": ("Röck",),
        "experimental": (),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('Rock = "x"\nRock = "y"\n', "line 2"),
        ('Rock = "x\n', "line 1"),
        ('# a comment\n\nHipHop = "Rap"\n', 'line 3: "HipHop" is no genre or style of the model'),
        ('Rock = "a"\n"rock" = "b"\n', 'line 2: "rock" is there twice'),
        ("Rock = 5\n", 'line 1: "Rock" must be a text or a list'),
        ('Rock = ["a", 5]\n', "must be a text or a list"),
        ('\n[Rock]\na = "b"\n', 'line 2: "Rock" must be'),
        ('Rock = ""\n', "empty or unprintable"),
        ('Rock = ["a\\u0000b"]\n', "empty or unprintable"),
    ],
)
def test_mistakes_name_file_and_line(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_genre_map(path, KNOWN)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_without_known_genres_any_key_is_right(tmp_path: Path) -> None:
    assert load_genre_map(written(tmp_path, 'Zouk = "World"')) == {"zouk": ("World",)}


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_genre_map(tmp_path / "missing.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes(b'Rock = "caf\xe9"')
    with pytest.raises(ConfigError, match="UTF-8"):
        load_genre_map(path)
