"""Two genres are written as two; what players make of them is what docs/servers.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.players.containers import GENRES, KINDS, Kind
from tests.players.libraries import BEETS, FFMPEG, MPD_PLAYER, TAGLIB
from tests.players.measured import PLAYERS, Measured, kept, make_music, measure
from tests.players.player import Player
from tests.players.programs import MPV, PICARD, QUOD_LIBET
from tests.players.table import PAGE, by_navidrome, render
from tests.players.windows import KODI, STRAWBERRY, by_kodi

# They have one text for a genre, whatever the container holds.
ONE_TEXT = (STRAWBERRY, MPV, FFMPEG)
SEVERAL = (KODI, MPD_PLAYER, BEETS, PICARD, QUOD_LIBET, TAGLIB)
OF_VERSION_3 = [kind for kind in KINDS if kind.id3_version == 3]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    return make_music(tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def said() -> dict[str, Measured]:
    return kept()


@pytest.mark.parametrize(
    "player",
    [pytest.param(one, id=one.name, marks=pytest.mark.slow if one.slow else ()) for one in PLAYERS],
)
def test_a_player_reads_what_the_page_says(
    player: Player, made: dict[Kind, Path], said: dict[str, Measured], tmp_path: Path
) -> None:
    if not player.is_here:
        pytest.skip(f"no {player.name} here (apt install {player.package})")
    found = measure(player, made, tmp_path / "own")
    other = (
        f"{player.name} {found.version}, not {said[player.name].version}: if that is why, make servers-table"
    )
    assert found.genres == said[player.name].genres, other


@pytest.mark.slow
@pytest.mark.skipif(not KODI.is_here, reason=f"no Kodi here (apt install {KODI.package})")
def test_kodi_parts_tags_of_version_2_3_when_told_to(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    kinds = [kind for kind in OF_VERSION_3 if kind.suffix != ".tta"]
    made = make_music(tmp_path / "music", kinds)
    seen = by_kodi(tmp_path / "music", tmp_path / "own", separator="/")
    assert seen == {path.name: GENRES for path in made.values()}


def test_the_page_is_made_from_what_they_read(said: dict[str, Measured]) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(said)


class TestWhatIsSeen:
    """Of all players; those that are not here as they were seen last."""

    @pytest.mark.parametrize("player", SEVERAL, ids=lambda player: player.name)
    @pytest.mark.parametrize("name", ["mp3, ID3v2.4", "flac", "ogg", "opus", "wv"])
    def test_several_stay_several(self, player: Player, name: str, said: dict[str, Measured]) -> None:
        assert said[player.name].genres[name] == GENRES

    @pytest.mark.parametrize("player", PLAYERS, ids=lambda player: player.name)
    def test_a_tag_of_version_2_3_has_one_text(self, player: Player, said: dict[str, Measured]) -> None:
        texts = {said[player.name].genres[kind.name] for kind in OF_VERSION_3}
        # The INFO list of a WAV joins with another separator.
        assert texts - {None, ()} <= {("Jazz/Folk",), ("Jazz; Folk",)}

    @pytest.mark.parametrize("player", ONE_TEXT, ids=lambda player: player.name)
    def test_who_has_one_text_has_the_first_genre_in_it(
        self, player: Player, said: dict[str, Measured]
    ) -> None:
        """But for FFmpeg in WMA, where a later value takes an earlier one's place."""
        genres = {name: texts for name, texts in said[player.name].genres.items() if texts is not None}
        without = [name for name, texts in genres.items() if not texts[0].startswith(GENRES[0])]
        assert without == ([] if player is STRAWBERRY else ["wma"])


class TestNavidromesRule:
    @pytest.mark.parametrize("text", ["Jazz/Folk", "Jazz / Folk", "Jazz; Folk", "Jazz,Folk"])
    def test_a_text_is_parted(self, text: str) -> None:
        assert by_navidrome((text,)) == GENRES

    def test_values_stay(self) -> None:
        assert by_navidrome(("Jazz", "Folk & Country")) == ("Jazz", "Folk & Country")

    def test_both_are_seen_in_every_container(self, said: dict[str, Measured]) -> None:
        genres = said[TAGLIB.name].genres
        assert {by_navidrome(genres[kind.name] or ()) for kind in KINDS} == {GENRES}
