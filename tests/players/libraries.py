"""Libraries by which programs read tags, called in this process: TagLib, mediafile, FFmpeg; and MPD."""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import av
import taglib

from tests.helpers.player import MPD, ask, running_mpd
from tests.players.player import Player, Seen, version_of

_WITHOUT_GENRE: tuple[str, ...] = ()


def _by_taglib(music: Path, _own: Path) -> Seen:
    """TagLib's property map: by it Navidrome reads, and whatever asks TagLib for a list."""
    seen = {}
    for path in music.iterdir():
        with taglib.File(os.fsencode(path)) as file:
            seen[path.name] = tuple(file.tags.get("GENRE", ()))
    return seen


def _by_mediafile(music: Path, _own: Path) -> Seen:
    """`genres`, the field that beets has."""
    found = {path.name: _mediafile_genres(path) for path in music.iterdir()}
    return {name: genres for name, genres in found.items() if genres is not None}


def _mediafile_genres(path: Path) -> tuple[str, ...] | None:
    mediafile = importlib.import_module("mediafile")
    try:
        return tuple(mediafile.MediaFile(path).genres or ())
    except mediafile.FileTypeError:
        return None


def _by_ffmpeg(music: Path, _own: Path) -> Seen:
    """The one text that FFmpeg has for a key; of Ogg it is the stream's."""
    seen = {}
    for path in music.iterdir():
        with av.open(str(path)) as container:
            found = [container.metadata, *(stream.metadata for stream in container.streams)]
        seen[path.name] = tuple(
            text for texts in found for key, text in texts.items() if key.lower() == "genre"
        )
    return seen


def _by_mpd(music: Path, own: Path) -> Seen:
    """What a client gets of it."""
    seen: dict[str, tuple[str, ...]] = {}
    with running_mpd(music, own) as address:
        name = ""
        for line in ask(address, "listallinfo"):
            key, _, text = line.partition(": ")
            if key == "file":
                name = text
                seen[name] = _WITHOUT_GENRE
            elif key == "Genre":
                seen[name] += (text,)
    return seen


MPD_PLAYER = Player("MPD", "mpd", MPD is not None, lambda: version_of("mpd", "--version"), _by_mpd)
TAGLIB = Player(
    "TagLib, by pytaglib", "pytaglib", True, lambda: version("pytaglib"), _by_taglib, listens=False
)
BEETS = Player(
    "beets, by mediafile",
    "mediafile",
    find_spec("mediafile") is not None,
    lambda: version("mediafile"),
    _by_mediafile,
    listens=False,
)
FFMPEG = Player("FFmpeg, by PyAV", "av", True, lambda: str(av.ffmpeg_version_info), _by_ffmpeg)
