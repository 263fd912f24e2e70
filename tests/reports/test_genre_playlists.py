"""A folder of playlists, one a genre: what is in them, and whose files they are."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.errors import AudiotagError, UsageError
from audiotag.library.records import StoredModel, StyleOutput, TrackInfo
from audiotag.library.store import Store
from audiotag.reports.genre_playlists import Outcome, PlaylistOptions, write_genre_playlists
from audiotag.reports.own_playlist import owner_of
from audiotag.reports.selection import Selection
from tests.helpers.people import as_somebody_else, open_folder
from tests.helpers.sound_alikes import fill_alike
from tests.helpers.tracks import STYLED, failed, track

BY_ARTIST = Selection(sort="artist")


def write(
    store: Store, folder: Path, selection: Selection = BY_ARTIST, **options: bool
) -> list[tuple[str, str]]:
    """What became of each playlist, by name."""
    return [(one.path.name, one.what) for one in outcomes(store, folder, selection, **options)]


def outcomes(store: Store, folder: Path, selection: Selection = BY_ARTIST, **options: bool) -> list[Outcome]:
    return list(write_genre_playlists(store, [], selection, PlaylistOptions(folder, **options)))


def songs(playlist: Path) -> list[str]:
    return [line for line in playlist.read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    def put(name: str, artist: str, probabilities: list[float]) -> None:
        path = os.fsencode(tmp_path / "music" / name)
        store.put(replace(track(path, probabilities), info=TrackInfo(artist, "", name)))

    put("1.mp3", "Zoe", [0.9, 0.0, 0.1])
    put("2.mp3", "ann", [0.8, 0.0, 0.2])
    put("3.mp3", "Bob", [0.0, 0.1, 0.9])
    put("unsure.mp3", "Bob", [0.4, 0.2, 0.1])
    store.put(failed(b"/music/broken.mp3"))
    store.put(replace(track(b"/music/gone.mp3", [0.0, 1.0, 0.0]), missing=True))
    return store


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    return tmp_path / "music" / "lists"


class TestWhatIsInThem:
    def test_each_genre_s_certain_tracks_by_artist(self, filled: Store, lists: Path) -> None:
        assert write(filled, lists) == [("Folk.m3u8", "written"), ("Rock.m3u8", "written")]
        assert songs(lists / "Folk.m3u8") == ["../2.mp3", "../1.mp3"]
        assert songs(lists / "Rock.m3u8") == ["../3.mp3"]
        assert sorted(os.listdir(lists)) == ["Folk.m3u8", "Rock.m3u8"]

    def test_the_first_lines(self, filled: Store, lists: Path) -> None:
        write(filled, lists)
        first, mark, title, song, *_ = (lists / "Folk.m3u8").read_text().splitlines()
        assert (first, title, song) == ("#EXTM3U", "#PLAYLIST:Folk", "#EXTINF:61,ann - 2.mp3")
        assert mark.startswith("# audiotag: genre playlist, sha256 ")

    def test_sorted_and_chosen_as_the_other_reports_are(self, filled: Store, lists: Path) -> None:
        chosen = Selection(genres=("folk",), sort="confidence")
        assert write(filled, lists, chosen) == [("Folk.m3u8", "written")]
        assert songs(lists / "Folk.m3u8") == ["../1.mp3", "../2.mp3"]
        write(filled, lists, replace(chosen, reverse=True))
        assert songs(lists / "Folk.m3u8") == ["../2.mp3", "../1.mp3"]

    def test_styles_that_reach_their_thresholds_below_the_genre_that_would_be_written(
        self, store: Store, lists: Path
    ) -> None:
        """Chiptune does not reach 0.6; Punk is Rock's, which is not the first genre."""
        store.put(track(bytes(lists / "a.mp3"), [0.9, 0.1, 0.5], STYLED, [0.4, 0.5, 0.9]))
        store.put(track(bytes(lists / "b.mp3"), [0.1, 0.1, 0.5], STYLED, [0.9, 0.9, 0.1]))
        assert write(store, lists, styles=True) == [
            ("Electronic.m3u8", "written"),
            ("Electronic - House.m3u8", "written"),
            ("Rock.m3u8", "written"),
        ]
        assert songs(lists / "Electronic - House.m3u8") == ["a.mp3"]
        assert write(store, lists) == [
            ("Electronic.m3u8", "unchanged"),
            ("Rock.m3u8", "unchanged"),
            ("Electronic - House.m3u8", "removed"),
        ]

    def test_genres_of_any_name_each_in_a_file_of_its_own(self, store: Store, lists: Path) -> None:
        genres = ("Con", "Rock/Pop", "rock?pop", "..", "Old time. ")
        odd = StoredModel("odd", genres, (0.5,) * 5)
        for number in range(5):
            store.put(track(b"/%d.mp3" % number, [float(number == n) for n in range(5)], odd))
        assert sorted(name for name, _ in write(store, lists)) == [
            "Old time_.m3u8", "Rock_Pop.m3u8", "_Con.m3u8", "__.m3u8", "rock_pop (2).m3u8",
        ]  # fmt: skip
        assert "#PLAYLIST:Rock/Pop\n" in (lists / "Rock_Pop.m3u8").read_text()

    def test_a_genre_that_is_called_as_a_style_s_file_is_has_its_own(self, store: Store, lists: Path) -> None:
        model = StoredModel("odd", ("Rock", "Rock - Punk"), (0.5, 0.5), (StyleOutput("Punk", "Rock", 0.5),))
        store.put(track(bytes(lists / "genre.mp3"), [0.1, 0.9], model, [0.0]))
        store.put(track(bytes(lists / "style.mp3"), [0.9, 0.1], model, [0.9]))
        assert sorted(write(store, lists, styles=True)) == [
            ("Rock - Punk (2).m3u8", "written"),
            ("Rock - Punk.m3u8", "written"),
            ("Rock.m3u8", "written"),
        ]
        assert songs(lists / "Rock - Punk.m3u8") == ["style.mp3"]
        assert songs(lists / "Rock - Punk (2).m3u8") == ["genre.mp3"]

    def test_what_no_playlist_can_hold_is_counted(self, store: Store, lists: Path) -> None:
        store.put(track(b"/a\nb.mp3", [0.9, 0.0, 0.0]))
        store.put(track(b"/c.mp3", [0.9, 0.0, 0.0]))
        assert outcomes(store, lists) == [Outcome(lists / "Folk.m3u8", "written", 1, 1)]

    def test_in_an_order_that_flows_each_track_once(self, tmp_path: Path) -> None:
        fill_alike(tmp_path / "alike.db", 400, size=32)
        with Store(tmp_path / "alike.db", write=False) as store:
            write(store, tmp_path / "by_artist", styles=True)
            write(store, tmp_path / "flow", flow=True, styles=True)
        names = os.listdir(tmp_path / "by_artist")
        assert set(names) == set(os.listdir(tmp_path / "flow")) > {"Jazz.m3u8", "Electronic - House.m3u8"}
        for name in names:
            plain, flowing = songs(tmp_path / "by_artist" / name), songs(tmp_path / "flow" / name)
            assert plain == sorted(plain)
            assert sorted(flowing) == plain
            assert flowing != plain

    def test_an_empty_library_makes_nothing(self, store: Store, lists: Path) -> None:
        assert write(store, lists, flow=True) == []
        assert not lists.exists()


class TestWhoseFilesTheyAre:
    def test_a_playlist_is_written_only_where_it_changes(self, filled: Store, lists: Path) -> None:
        write(filled, lists)
        before = {path.name: path.stat().st_ino for path in lists.iterdir()}
        filled.put(track(b"/music/new.mp3", [0.0, 0.0, 1.0]))
        assert write(filled, lists) == [("Folk.m3u8", "unchanged"), ("Rock.m3u8", "written")]
        after = {path.name: path.stat().st_ino for path in lists.iterdir()}
        assert (before["Folk.m3u8"] == after["Folk.m3u8"], before["Rock.m3u8"] == after["Rock.m3u8"]) == (
            True,
            False,
        )

    def test_one_that_is_no_longer_wanted_goes(self, filled: Store, lists: Path) -> None:
        write(filled, lists)
        for path in list(filled.paths()):
            filled.forget(path)
        assert write(filled, lists) == [("Folk.m3u8", "removed"), ("Rock.m3u8", "removed")]

    def test_of_genres_that_were_not_asked_for_nothing_goes(self, filled: Store, lists: Path) -> None:
        write(filled, lists)
        for path in list(filled.paths()):
            filled.set_missing(path, True)
        assert write(filled, lists, Selection(genres=("Rock",))) == [("Rock.m3u8", "removed")]
        assert os.listdir(lists) == ["Folk.m3u8"]

    def test_of_a_part_of_the_library_nothing_goes(self, filled: Store, lists: Path, tmp_path: Path) -> None:
        write(filled, lists)
        under = [os.fsencode(tmp_path / "music" / "3.mp3")]
        found = write_genre_playlists(filled, under, BY_ARTIST, PlaylistOptions(lists))
        assert [(one.path.name, one.what) for one in found] == [("Rock.m3u8", "unchanged")]
        assert sorted(os.listdir(lists)) == ["Folk.m3u8", "Rock.m3u8"]

    @pytest.mark.parametrize(
        "theirs", [b"#EXTM3U\n../my own.mp3\n", b"", b"#EXTM3U\n# audiotag: genre playlist, sha256 "]
    )
    def test_another_s_file_is_left_alone_and_named(self, theirs: bytes, filled: Store, lists: Path) -> None:
        lists.mkdir(parents=True)
        (lists / "Folk.m3u8").write_bytes(theirs)
        (lists / "Mine.m3u8").write_bytes(theirs)
        folk, _rock = outcomes(filled, lists)
        assert folk.what == "left alone"
        assert ("not written by audiotag" in folk.why) == (b"sha256" not in theirs)
        assert (lists / "Folk.m3u8").read_bytes() == (lists / "Mine.m3u8").read_bytes() == theirs

    def test_one_that_was_edited_is_its_editor_s(self, filled: Store, lists: Path) -> None:
        write(filled, lists)
        for name in ("Folk.m3u8", "Rock.m3u8"):
            with (lists / name).open("a") as file:
                file.write("../favourite.mp3\n")
        for path in list(filled.paths()):
            if path.endswith((b"1.mp3", b"2.mp3")):
                filled.forget(path)
        edited = (lists / "Rock.m3u8").read_bytes()
        assert outcomes(filled, lists) == [
            Outcome(lists / "Rock.m3u8", "left alone", why="edited since audiotag wrote it")
        ]
        assert (lists / "Rock.m3u8").read_bytes() == edited
        assert (lists / "Folk.m3u8").exists()  # no longer wanted, but not only ours either

    def test_a_link_or_a_folder_of_that_name_is_left_alone(self, filled: Store, lists: Path) -> None:
        lists.mkdir(parents=True)
        (lists / "Folk.m3u8").symlink_to(lists / "elsewhere")
        (lists / "Rock.m3u8").mkdir()
        assert [what for _, what in write(filled, lists)] == ["left alone", "left alone"]
        assert not (lists / "elsewhere").exists()

    def test_what_may_not_even_be_read_is_another_s(self, tmp_path: Path) -> None:
        fill_alike(tmp_path / "alike.db", 100, size=8)
        with open_folder() as folder, Store(tmp_path / "alike.db", write=False) as store:
            (folder / "lists").mkdir()
            (folder / "lists").chmod(0o777)
            for name in ("Blues.m3u8", "Mine.m3u8"):
                (folder / "lists" / name).write_bytes(b"#EXTM3U\n")
                (folder / "lists" / name).chmod(0)
            found = dict(as_somebody_else(lambda: write(store, folder / "lists")))
            assert found["Blues.m3u8"] == "left alone"
            assert found["Electronic.m3u8"] == "written"
            assert "Mine.m3u8" not in found

    def test_what_was_written_is_ours(self, filled: Store, lists: Path) -> None:
        write(filled, lists)
        assert owner_of(lists / "Folk.m3u8") == "own"
        assert owner_of(lists / "None.m3u8") == "none"


def test_a_folder_that_cannot_be_made_is_said_in_a_line(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(AudiotagError, match=r"(file|below): is no folder; name another"):
            write(filled, folder)


def test_an_unknown_genre_is_wrong_usage(filled: Store, lists: Path) -> None:
    with pytest.raises(UsageError, match="Jazz"):
        write(filled, lists, Selection(genres=("Jazz",)))
