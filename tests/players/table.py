"""The page of the documentation: who reads two genres as two, from which container."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.players.containers import GENRES, KINDS, Kind
from tests.players.libraries import BEETS, FFMPEG, MPD_PLAYER, TAGLIB
from tests.players.measured import Measured
from tests.players.player import Player
from tests.players.programs import FFPROBE, MPV, PICARD, QUOD_LIBET
from tests.players.windows import KODI, STRAWBERRY

PAGE = Path(__file__).parents[2] / "docs" / "servers.md"
HEAD = """\
# What servers and players show

A track of two genres is written as two values wherever its container can hold them (`--top 2`, `--styles`,
or a map file that splits). Whether you see two is up to the program that reads them. For this page every
container was written with {genres}, by audiotag's own safe write, and every program was asked what it sees:
Kodi, MPD and Strawberry by taking the folder into a library of their own, all as Debian 12 has them.
**Navidrome and Jellyfin were not tried**; their columns are what their source says.

- **both**: two genres, each for itself.
- `Text`: this text, as one genre.
- no: the program takes no such file in, or no genre from it.
- ·: not asked, for want of a file with true sound.
- ?: the source did not tell.

In short: **let ID3 tags be version 2.4**. New tags are. A tag of version 2.3 keeps its version and has room
for one text, in which "/" parts the genres; of servers only Navidrome parts them again by itself, Kodi and
Jellyfin where they are told to. `audiotag tag --id3-version 2.4 --write-id3`, or `id3_version = "2.4"` in the
config file, writes such tags anew in 2.4, as far as they get a genre; what audiotag wrote before in 2.3 goes
there by `audiotag undo` and another `tag`. FLAC, Ogg and Opus leave nothing to wish.
"""
SERVERS = """\
## Servers and players

{table}

- **Navidrome** (not tried) reads by TagLib, and parts what it reads at `;`, `/` and `,`:
  [mappings.yaml]({navidrome}). The column is what TagLib was seen to
  read, with that rule. It holds for a single genre as well: where a map
  file writes "R&B/Soul", Navidrome makes two of it, unless you [tell it otherwise]({custom}).
- **Jellyfin** (not tried) reads by ATL, which it tells to leave ID3v2.3's texts whole:
  [AudioFileProber.cs]({jellyfin}); of [ATL]({atl}) VorbisTag.cs, APEtag.cs, MP4.cs, WMA.cs and
  ID3v2.cs. "Use custom tag delimiters", a
  setting of the library that is off at first, parts texts at `/`, `|`, `;` and `\\`.
- **Kodi** parts ID3v2.3's texts with `<musiclibrary><itemseparator>/</itemseparator></musiclibrary>` in its
  advancedsettings.xml: tried, it then shows both from mp3, wav, aiff and dsf. By itself it parts at " / ",
  with spaces.
- Which of these containers Navidrome and Jellyfin take in at all was not looked up.
- **MPD** has no setting for it. From M4A, WMA and TTA it has what FFmpeg has, from WAV what the INFO list
  says.
- **Strawberry** has one text for a song's genre, joined by a space or a comma; from WMA it takes the first.
- **mpv**, as whatever plays by FFmpeg, has one text: see below.
- Matroska and WebM are not written: [what is written where](tagging.md).
"""
LIBRARIES = """\
## Taggers, and the libraries by which programs read

{table}

- **FFmpeg** has one text for each name. It joins the comments of FLAC and Ogg with ";", and has of ID3v2.4,
  APEv2 and M4A the first genre, which is the most probable one; of WMA the last. Some of its versions go by a
  WAV's INFO list, others by its ID3 tag.
- **TagLib** was asked for its property map, which is what Navidrome asks for. **Quod Libet** was asked by
  `operon list`, **Picard** by its own reader without its window.
- **beets** has no genre of Ogg FLAC, Speex and TTA, which mediafile does not open.

This page is made by `make servers-table`. A test fails where a program that is there reads something else.
"""
_SOURCES = {
    "navidrome": "https://github.com/navidrome/navidrome/blob/master/resources/mappings.yaml",
    "custom": "https://www.navidrome.org/docs/usage/customtags/",
    "jellyfin": "https://github.com/jellyfin/jellyfin/blob/master/"
    "MediaBrowser.Providers/MediaInfo/AudioFileProber.cs",
    "atl": "https://github.com/Zeugma440/atldotnet/tree/main/ATL/AudioData/IO",
}
_SEPARATORS = re.compile(r"[;/,]")
_UNKNOWN = ("spx", "wav, ID3v2.4", "wav, ID3v2.3")

# Takes a container; gives a cell.
_Column = Callable[[Kind], str]


def render(found: Mapping[str, Measured]) -> str:
    """The page in Markdown."""
    servers: dict[str, _Column] = {
        "as it is written": lambda kind: kind.written,
        "Navidrome, not tried": lambda kind: _cell(by_navidrome(found[TAGLIB.name].genres[kind.name] or ())),
        "Jellyfin, not tried": _by_jellyfin,
        **_columns(found, (KODI, MPD_PLAYER, STRAWBERRY, MPV)),
    }
    libraries = _columns(found, (BEETS, PICARD, QUOD_LIBET, TAGLIB, FFMPEG, FFPROBE))
    head = HEAD.format(genres=" and ".join(GENRES))
    parts = SERVERS.format(table=_table(servers), **_SOURCES), LIBRARIES.format(table=_table(libraries))
    return "\n".join((head, *parts))


def by_navidrome(values: tuple[str, ...]) -> tuple[str, ...]:
    """What Navidrome makes of TagLib's values: each is parted at its separators, and stripped."""
    return tuple(part.strip() for value in values for part in _SEPARATORS.split(value))


def _by_jellyfin(kind: Kind) -> str:
    """As its source and ATL's have it."""
    if kind.name in _UNKNOWN:
        return "?"
    if kind.name == "wma":
        return _cell(GENRES[-1:])
    return _cell(("/".join(GENRES),) if kind.id3_version == 3 else GENRES)


def _columns(found: Mapping[str, Measured], players: Iterable[Player]) -> dict[str, _Column]:
    def column(measured: Measured) -> _Column:
        return lambda kind: _cell(measured.genres[kind.name]) if kind.name in measured.genres else "·"

    return {f"{player.name} {found[player.name].version}": column(found[player.name]) for player in players}


def _table(columns: Mapping[str, _Column]) -> str:
    rows = [["container", *columns], ["---"] * (1 + len(columns))]
    rows += [[kind.name, *(column(kind) for column in columns.values())] for kind in KINDS]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(genres: tuple[str, ...] | None) -> str:
    if not genres:
        return "no"
    return "**both**" if genres == GENRES else " ".join(f"`{genre}`" for genre in genres)
