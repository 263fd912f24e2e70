"""What an exception over a file means, in words for the one whose file it is."""

from __future__ import annotations

import errno
import re
import struct
from collections.abc import Iterator
from types import TracebackType

from audiotag.text import escaped

# Modules, of mutagen's and ours, by a part of their names, and what they take apart.
_PARTS = {
    "mp4": "MP4 structure", "m4a": "MP4 structure", "asf": "ASF (WMA) structure", "id3": "ID3 tag",
    "flac": "FLAC structure", "vorbis": "block of comments", "ogg": "Ogg structure",
    "ape": "APE tag", "aiff": "AIFF structure", "iff": "AIFF structure", "wave": "WAV structure",
    "riff": "WAV or AIFF structure", "musepack": "Musepack structure", "wavpack": "WavPack structure",
    "monkeysaudio": "Monkey's Audio header", "trueaudio": "True Audio header", "mp3": "MP3 stream",
    "dsf": "DSF structure",
}  # fmt: skip

# What Python itself says with the type of which our own modules raise what is for the user.
_PYTHONS = re.compile(
    r"not found|not in (list|tuple)|invalid literal|unpack|is not in|negative (seek|shift|count)|null byte"
    r"|must be in range|could not convert|cannot convert|math domain|empty (range|sequence|iterable)"
    r"|closed file|buffer|codec|non-negative|argument|Exceeds the limit|step|slice",
    re.IGNORECASE,
)
_REPR = re.compile(r"""\s*\bb(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
_CUT = re.compile(r"\d+ bytes at -?\d+ reach over|bytes -?\d+ to -?\d+ reach over")


def reason_of(error: BaseException) -> str:
    """Why a file cannot be read or written, on one line, without an interpreter's or library's jargon."""
    system = system_fault(error)
    if system is not None:
        return system
    text = str(error)
    if type(error) is ValueError and _is_ours(error) and not _PYTHONS.search(text):
        return _damaged(error) if _CUT.search(text) else escaped(_REPR.sub(_named, text)[:200])
    if isinstance(error, UnicodeError):
        return f"a text in its {_part(error)} is not in the encoding that it states"
    if isinstance(error, (MemoryError, OverflowError)):
        return f"its {_part(error)} states lengths that no file can have"
    if isinstance(error, RecursionError):
        return f"its {_part(error)} is nested without end"
    name = type(error).__name__
    if "UnsupportedVersion" in name:
        return f"its {_part(error)} is of a version that is not known"
    return _damaged(error)


def _damaged(error: BaseException) -> str:
    ended = isinstance(error, (EOFError, struct.error, IndexError)) or _CUT.search(str(error))
    return f"its {_part(error)} is {'cut short or ' if ended else ''}damaged"


def system_fault(error: BaseException) -> str | None:
    """What the system said, be it wrapped by a library; None where a damaged file made the fault."""
    causes = (error, *error.args[:1])
    fault = next((cause for cause in causes if isinstance(cause, OSError)), None)
    # A seek to before the start is "invalid": the place came from the file.
    if fault is None or fault.errno in (None, errno.EINVAL, errno.EOVERFLOW, errno.EBADF):
        return None
    return fault.strerror or "the system refused it"


def _named(found: re.Match[str]) -> str:
    """The name of a part where it is one that can be read, nothing where it is none."""
    name = (found[1] if found[1] is not None else found[2]).strip()
    return f' "{name}"' if name and "\\" not in name else ""


def _is_ours(error: BaseException) -> bool:
    return (list(_modules(error.__traceback__)) or [""])[-1].startswith("audiotag.")


def _part(error: BaseException) -> str:
    """What was being taken apart: told by the last module on the way to the fault that says so."""
    for module in reversed(list(_modules(error.__traceback__))):
        room, _dot, own = module.rpartition(".")
        if room.startswith("audiotag.tags."):
            name = own
        elif module.startswith("mutagen."):
            name = module.removeprefix("mutagen.").lstrip("_")
        else:
            continue
        for key, part in _PARTS.items():
            if name.startswith(key):
                return part
    return "structure"


def _modules(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        yield trace.tb_frame.f_globals.get("__name__", "")
        trace = trace.tb_next
