"""The real beets, with music that is made by code: import, query, again, undo, lastgenre beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest

from tests.helpers.command import environment
from tests.helpers.documentation import ROOT
from tests.helpers.models import MadeModel

pytest.importorskip("beets")

Beet = Callable[..., "subprocess.CompletedProcess[str]"]

# A last.fm that knows one artist: lastgenre as it is, without a network.
_LASTFM = """\
import pylast
class Tag:
    def __init__(self, name): self.item, self.weight = type("N", (), {"get_name": lambda self: name})(), 100
class Thing:
    def __init__(self, artist): self.artist = artist
    def get_top_tags(self): return [Tag("jazz")] if self.artist == "Known" else []
pylast.LastFMNetwork.get_track = lambda self, artist, title: Thing(artist)
pylast.LastFMNetwork.get_album = lambda self, artist, title: Thing(artist)
pylast.LastFMNetwork.get_artist = lambda self, artist: Thing(artist)
"""


@pytest.fixture
def configure(tmp_path: Path, made_model: MadeModel) -> Callable[..., None]:
    """Write beets' config: settings of the plugin, and which plugins there are."""

    def write(plugins: str = "audiotag", **settings: object) -> None:
        own = {"model": str(made_model.card_file), "min_confidence": 0.0, "jobs": 1} | settings
        lines = [f"  {name}: {value}" for name, value in own.items()]
        (tmp_path / "beets").mkdir(exist_ok=True)
        (tmp_path / "beets" / "config.yaml").write_text(
            f"directory: {tmp_path}/collection\nplugins: {plugins}\nthreaded: no\n"
            "import:\n  copy: yes\naudiotag:\n"
            + "\n".join(lines)
            + "\nlastgenre:\n  canonical: no\n  count: 1\n"
        )

    return write


@pytest.fixture
def beet(tmp_path: Path, configure: Callable[..., None]) -> Beet:
    """Run it."""
    configure()

    def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        start += f"try:\n    exec({_LASTFM!r})\nexcept ImportError: pass\nfrom beets.ui import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", start, *arguments],
            capture_output=True, text=True, check=False, timeout=120,
            env=environment(tmp_path) | {"BEETSDIR": str(tmp_path / "beets"), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture
def songs(tmp_path: Path, music: Path) -> Path:
    """An album of two songs, by an artist and with titles."""
    for number, path in enumerate(sorted(music.iterdir())):
        song = mutagen.File(path, easy=True)
        if song.tags is None:
            song.add_tags()
        song["artist"], song["album"], song["title"] = "Ann", "First", f"Song {number}"
        song.save()
    return music


def genres(tmp_path: Path) -> list[list[str]]:
    """Of the files in the collection."""
    files = sorted(path for path in (tmp_path / "collection").rglob("*") if path.is_file())
    return [list((mutagen.File(path, easy=True) or {}).get("genre", [])) for path in files]


class TestCommand:
    def test_there_and_back(self, beet: Beet, songs: Path, tmp_path: Path) -> None:
        beet("import", "-qA", songs)
        assert genres(tmp_path) == [[], []]
        shown = beet("audiotag", "-p").stdout
        assert shown.count("(no genre) → ") == 2
        assert genres(tmp_path) == [[], []]
        assert beet("ls", "audiotag_confidence:0..").stdout == ""

        assert beet("audiotag").stdout == shown
        assert all(len(found) == 1 for found in genres(tmp_path))
        assert beet("ls", "-f", "$genres", "audiotag_confidence:0.01..1").stdout.split() == [
            found[0] for found in genres(tmp_path)
        ]
        fields = "$audiotag_model|$audiotag_second_genre|$audiotag_embedding|$audiotag_status"
        for line in beet("ls", "-f", fields).stdout.splitlines():
            assert all(line.split("|"))
        assert beet("audiotag").stdout == "", "nothing changes"
        assert beet("ls", "-a", "-f", "$genres").stdout.split()[0] in [found[0] for found in genres(tmp_path)]

        beet("audiotag", "-u", "title:Song 0")
        assert sorted(map(len, genres(tmp_path))) == [0, 1]
        beet("audiotag", "-u")
        assert genres(tmp_path) == [[], []]
        assert beet("ls", "-f", "$genres").stdout.split() == []
        assert beet("ls", "-a", "-f", "$genres").stdout.split() == []

    @pytest.mark.slow
    def test_a_query_chooses_and_a_genre_of_the_user_s_stays(
        self, beet: Beet, songs: Path, tmp_path: Path
    ) -> None:
        beet("import", "-qA", songs)
        beet("modify", "-y", "title:Song 1", "genres=Polka")
        beet("audiotag", "title:Song 0")
        first, second = (found[0] for found in genres(tmp_path))
        assert (first != "Polka", second) == (True, "Polka")
        beet("audiotag")
        assert genres(tmp_path)[1] == ["Polka"]
        beet("modify", "-y", "title:Song 0", "genres=Polka")
        assert "its genre was changed since" in beet("audiotag", "-u").stderr
        assert genres(tmp_path) == [["Polka"], ["Polka"]]

    @pytest.mark.slow
    @pytest.mark.parametrize("write", ["beets", "safe"])
    def test_several_genres_are_several_values(
        self, write: str, beet: Beet, configure: Callable[..., None], songs: Path, tmp_path: Path
    ) -> None:
        configure(top=2, write=write, names="{Folk: [A, B], Pop: [C, D], Rock: [E, F]}")
        beet("import", "-qA", songs)
        beet("audiotag")
        assert [len(found) for found in genres(tmp_path)] == [4, 4]
        shown = beet("ls", "-f", "$genres").stdout.splitlines()
        assert [line.split("; ") for line in shown] == genres(tmp_path)
        beet("audiotag", "-u")
        assert genres(tmp_path) == [[], []]

    @pytest.mark.slow
    def test_a_file_without_sound_is_named_and_costs_nothing_else(
        self, beet: Beet, songs: Path, tmp_path: Path
    ) -> None:
        beet("import", "-qA", songs)
        bad = next((tmp_path / "collection").rglob("*.flac"))
        bad.write_bytes(bad.read_bytes()[:300])
        done = beet("audiotag")
        assert bad.name in done.stderr
        song = next((tmp_path / "collection").rglob("*.mp3"))
        assert len(mutagen.File(song, easy=True)["genre"]) == 1


class TestImport:
    @pytest.mark.parametrize("write", ["beets", pytest.param("safe", marks=pytest.mark.slow)])
    def test_auto_fills_what_is_imported_and_again(
        self, write: str, beet: Beet, configure: Callable[..., None], songs: Path, tmp_path: Path
    ) -> None:
        configure(auto="yes", write=write)
        beet("import", "-qA", songs)
        first = genres(tmp_path)
        assert [len(found) for found in first] == [1, 1]
        assert beet("ls", "-f", "$genres", "audiotag_confidence:0.01..").stdout.split() == [
            found[0] for found in first
        ]
        beet("import", "-qA", tmp_path / "collection")
        assert genres(tmp_path) == first

    @pytest.mark.slow
    @pytest.mark.parametrize("plugins", ["audiotag lastgenre", "lastgenre audiotag"])
    def test_lastgenre_beside_it_keeps_what_it_knows(
        self, plugins: str, beet: Beet, configure: Callable[..., None], songs: Path, tmp_path: Path
    ) -> None:
        pytest.importorskip("pylast")
        other = tmp_path / "other"
        shutil.copytree(songs, other)
        for path in other.iterdir():
            song = mutagen.File(path, easy=True)
            song["artist"], song["album"] = "Known", "Second"
            song.save()
        configure(plugins, auto="yes")
        beet("import", "-qA", songs, other)
        by_artist = beet("ls", "-f", "$artist|$genres").stdout.splitlines()
        filled = [line for line in by_artist if not line.endswith("|")]
        assert len(filled) == 4, "nobody's answer was taken away"
        again = beet("audiotag").stdout
        assert again == "", "and nothing is left to quarrel about"

    def test_without_auto_an_import_is_an_import(self, beet: Beet, songs: Path, tmp_path: Path) -> None:
        beet("import", "-qA", songs)
        assert not os.path.exists(tmp_path / "beets" / "audiotag.db")


@pytest.mark.parametrize("write", [pytest.param("beets", marks=pytest.mark.slow), "safe"])
def test_an_item_whose_file_is_gone_is_said_and_left(
    write: str, configure: Callable[..., None], beet: Beet, songs: Path, tmp_path: Path
) -> None:
    configure(write=write)
    beet("import", "-qA", songs)
    beet("audiotag", "title:0")
    gone = next(iter(sorted(path for path in (tmp_path / "collection").rglob("*0.*") if path.is_file())))
    gone.unlink()
    done = beet("audiotag")
    assert done.stderr.count(gone.name) == 1
    assert "No such file" in done.stderr
    assert "Song 1" in done.stdout, "the others have their turn"
    assert "its file is gone" in beet("audiotag", "--undo", "title:0").stderr
    assert beet("ls", "-f", "$audiotag_wrote", "title:0").stdout.strip()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("windows", "some"),
        pytest.param("min_confidence", "abc", marks=pytest.mark.slow),
        pytest.param("min_confidence", 7, marks=pytest.mark.slow),
        pytest.param("windows", 0, marks=pytest.mark.slow),
        pytest.param("model", "none", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_setting_is_one_line(
    setting: str, value: object, configure: Callable[..., None], beet: Beet, songs: Path
) -> None:
    beet("import", "-qA", songs)
    configure(**{setting: value})
    done = beet("audiotag", code=1)
    assert done.stderr.startswith("error: audiotag: "), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_name_that_is_no_text_is_one_all_the_same(
    configure: Callable[..., None], beet: Beet, songs: Path
) -> None:
    configure(names="{Folk: 3, Rock: 3, Pop: 3}")
    beet("import", "-qA", songs)
    assert "Traceback" not in beet("audiotag").stderr
