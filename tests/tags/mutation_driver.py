"""Write into damaged files, and look at what became of them. A program of its own, for decoders
may crash on such files, and that must not be taken for our fault.

    python -m tests.tags.mutation_driver COUNT FOLDER FILE...     prints one JSON object
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import av
import mutagen

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.helpers.audio_files import decode
from tests.tags.cases import HANDMADE_SUFFIXES
from tests.tags.mutate import mutate

CANNOT = "cannot be decoded"
GENRES = ("Hip-Hop", "Ünïcode ♫")


def sound(path: Path) -> str:
    """A digest of what FFmpeg decodes, or that it cannot."""
    try:
        return hashlib.sha256(decode(path).tobytes()).hexdigest()
    except Exception:  # whatever it is
        return CANNOT


def is_read(reader: Callable[[Path], object], path: Path) -> bool:
    with suppress(Exception):
        return reader(path) is not None
    return False


def examine(path: Path) -> str:
    """Write into one file; returns the outcome. AssertionError if the write did harm."""
    before, decoded = path.read_bytes(), sound(path)
    readable = {reader: is_read(reader, path) for reader in (read_tags, mutagen.File)}
    try:
        result = safe_write(path, Change(GENRES))
    except FileFault:
        assert path.read_bytes() == before, "a refused file was changed"
        return f"refused: {'tags cannot be read' if not readable[read_tags] else 'damage was noticed'}"
    assert result.changed
    assert read_tags(path).genres == GENRES, "the genre is not what was written"
    for reader, could in readable.items():
        assert not could or is_read(reader, path), f"{reader} cannot read it any more"
    # A write puts true sizes into WAV and AIFF headers, with which FFmpeg may read on.
    assert decoded in (CANNOT, sound(path)), "the sound is another"
    if path.suffix in HANDMADE_SUFFIXES:
        return "written, noise instead of audio"
    return "written" if decoded != CANNOT else "written, though FFmpeg cannot decode it"


def main(count: int, folder: Path, sources: list[Path]) -> None:
    av.logging.set_level(av.logging.PANIC)
    originals = [source.read_bytes() for source in sources]
    outcomes: Counter[str] = Counter()
    harm = []
    for seed in range(count):
        source = sources[seed % len(sources)]
        kind, data = mutate(originals[seed % len(sources)], originals, seed)
        path = folder / f"track{source.suffix}"
        path.write_bytes(data)
        try:
            outcomes[examine(path)] += 1
        except AssertionError as fault:
            harm.append(f"seed {seed}, {source.name}, {kind}: {fault}")
        left = [other.name for other in folder.iterdir() if other != path]
        if left:
            harm.append(f"seed {seed}: left {left}")
        path.unlink()
    print(json.dumps({"outcomes": outcomes, "harm": harm}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
