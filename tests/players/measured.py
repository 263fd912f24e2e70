"""What every player was seen to read, kept in measured.json: not each is at hand wherever the tests run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.players.containers import KINDS, Kind
from tests.players.libraries import BEETS, FFMPEG, MPD_PLAYER, TAGLIB
from tests.players.player import Player
from tests.players.programs import FFPROBE, MPV, PICARD, QUOD_LIBET
from tests.players.windows import KODI, STRAWBERRY

PLAYERS = (KODI, MPD_PLAYER, STRAWBERRY, MPV, BEETS, PICARD, QUOD_LIBET, TAGLIB, FFMPEG, FFPROBE)
_KEPT = Path(__file__).with_name("measured.json")


@dataclass(frozen=True)
class Measured:
    """What one read. genres: by the container's name, None where it did not take the file in."""

    version: str
    genres: Mapping[str, tuple[str, ...] | None]


def make_music(folder: Path, kinds: Iterable[Kind] = KINDS) -> dict[Kind, Path]:
    """A file of each, with its two genres."""
    return {kind: kind.make(folder) for kind in kinds}


def measure(player: Player, made: Mapping[Kind, Path], own: Path) -> Measured:
    """Let a player read these files, but for those without sound if it listens; it writes into `own`."""
    music = own.with_name(f"{own.name}-music")
    music.mkdir()
    given = {kind: path for kind, path in made.items() if kind.has_sound or not player.listens}
    for path in given.values():
        (music / path.name).hardlink_to(path)
    seen = player.read(music, own)
    return Measured(player.version(), {kind.name: seen.get(path.name) for kind, path in given.items()})


def kept() -> dict[str, Measured]:
    """By the players' names."""
    table = json.loads(_KEPT.read_text(encoding="utf-8")) if _KEPT.exists() else {}
    return {
        name: Measured(
            entry["version"],
            {kind: None if genres is None else tuple(genres) for kind, genres in entry["genres"].items()},
        )
        for name, entry in table.items()
    }


def keep(found: Mapping[str, Measured]) -> None:
    """Write them in the players' order."""
    table = {
        player.name: {"version": found[player.name].version, "genres": dict(found[player.name].genres)}
        for player in PLAYERS
        if player.name in found
    }
    _KEPT.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
