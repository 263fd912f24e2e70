"""Programs that are asked about one file after another: ffprobe, mpv, Quod Libet's operon, Picard's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.players.player import Player, Seen, has_programs, output_of, version_of

# Where Debian has Picard's modules, and the Python that they are for.
_PICARD, _PYTHON = Path("/usr/lib/picard"), "/usr/bin/python3"


def _by_ffprobe(music: Path, _own: Path) -> Seen:
    asked = ("-v", "error", "-of", "json", "-show_entries", "format_tags:stream_tags")
    seen = {}
    for path in music.iterdir():
        said = json.loads(output_of("ffprobe", *asked, str(path)))
        parts = [said.get("format", {}), *said.get("streams", ())]
        pairs = (pair for part in parts for pair in part.get("tags", {}).items())
        seen[path.name] = tuple(text for key, text in pairs if key.lower() == "genre")
    return seen


def _by_mpv(music: Path, own: Path) -> Seen:
    """What it shows of a file's tags when it begins to play."""
    quickly = ("--no-config", "--no-video", "--ao=null", "--frames=1")
    seen = {}
    for path in music.iterdir():
        said = output_of(
            "mpv", *quickly, f"--term-playing-msg={_MARK}${{metadata/by-key/genre}}", str(path), home=own
        )
        found = re.search(f"^{_MARK}(.*)$", said, re.MULTILINE)
        if found is not None:
            seen[path.name] = (found[1],) if found[1] else ()
    return seen


def _by_operon(music: Path, own: Path) -> Seen:
    """Its list of tags has a line for each value."""
    seen = {}
    for path in music.iterdir():
        said = output_of("operon", "list", "--terse", "--columns=tag,value", str(path), home=own)
        pairs = (line.partition(":") for line in said.splitlines())
        seen[path.name] = tuple(value for tag, _, value in pairs if tag == "genre")
    return seen


def _by_picard(music: Path, own: Path) -> Seen:
    own.mkdir()
    said = output_of(
        _PYTHON, str(Path(__file__).with_name("picard_driver.py")), str(_PICARD), str(music), home=own
    )
    return {name: tuple(genres) for name, genres in json.loads(said).items()}


_MARK = "genre of it: "

FFPROBE = Player(
    "FFmpeg, by ffprobe",
    "ffmpeg",
    has_programs("ffprobe"),
    lambda: version_of("ffprobe", "-version"),
    _by_ffprobe,
)
MPV = Player("mpv", "mpv", has_programs("mpv"), lambda: version_of("mpv", "--version"), _by_mpv, slow=True)
QUOD_LIBET = Player(
    "Quod Libet, by operon",
    "exfalso",
    has_programs("operon"),
    lambda: version_of("operon", "--version"),
    _by_operon,
    listens=False,
    slow=True,
)
PICARD = Player(
    "Picard",
    "picard",
    _PICARD.is_dir(),
    lambda: version_of("picard", "--version"),
    _by_picard,
    listens=False,
    slow=True,
)
