"""Every fault this program knows, one small class each.

The message is one line: what, which file, what to do. `exit_code` is what a command
returns when the fault ends it; the codes are the contract with cron jobs.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

EXIT_FATAL = 1
EXIT_USAGE = 2
EXIT_SOME_FAILED = 3
EXIT_LOCKED = 4
EXIT_INTERRUPTED = 130


class AudiotagError(Exception):
    """Base of all faults: a line for the user and an exit code."""

    exit_code = EXIT_FATAL


class UsageError(AudiotagError):
    """The command line asks for something that makes no sense."""

    exit_code = EXIT_USAGE


class ConfigError(AudiotagError):
    """The config file or an `AUDIOTAG_` variable is wrong; names the place."""


class ModelError(AudiotagError):
    """A model card or network file is missing, damaged or not what its card says."""


class EngineError(AudiotagError):
    """An inference engine cannot start or gave something that is not a probability."""


class MissingExtraError(AudiotagError):
    """A package is not installed that this needs and not every installation has; says how to add it."""


class WrongSystemError(AudiotagError):
    """This is not Linux."""


class StoreError(AudiotagError):
    """The library database is damaged, foreign, too new or not writable."""


class LibraryLockedError(AudiotagError):
    """Another run of audiotag holds the library."""

    exit_code = EXIT_LOCKED


class ClusterError(AudiotagError):
    """The Dask cluster is not there, has gone, or cannot do the work."""


class InterruptedRunError(AudiotagError):
    """The user, or the system, ended the run; what was done is kept."""

    exit_code = EXIT_INTERRUPTED


class ArchiveError(AudiotagError):
    """A mel archive is missing, damaged or lacks something."""


class LearnError(AudiotagError):
    """There is too little to learn from; says what is wanting."""


class FileFault(AudiotagError):  # noqa: N818  (not an error of the program)
    """A fault of one file: it is recorded, and the run goes on.

    `kind` is a short stable name that reports group by; KINDS lists them.
    """

    kind = "failed"


class DecodeError(FileFault):
    """The audio of a file cannot be decoded."""

    kind = "decode"


class DamagedSoundError(FileFault):
    """Too many of a file's samples are no sound."""

    kind = "damaged"


class TooShortError(FileFault):
    """A file holds less sound than can be judged."""

    kind = "too-short"


class UnreadableError(FileFault):
    """A file cannot be opened or read."""

    kind = "unreadable"


class TagReadError(FileFault):
    """The tags of a file cannot be read."""

    kind = "tags"


class TagWriteError(FileFault):
    """The tags of a file could not be written; the file is as it was."""

    kind = "write"


def in_words(fault: OSError) -> str:
    """Why the system refuses, in a user's words; never empty."""
    reason = fault.strerror or one_line(fault) or type(fault).__name__
    if fault.errno == errno.ENOSPC:
        return f"the disk is full: {reason}"
    if fault.errno == errno.EDQUOT:
        return f"your quota on this disk is used up: {reason}"
    return reason


@dataclass(frozen=True)
class FaultKind:
    """todo: what the user can do. passing: nothing that the file itself would show when it is gone, so every
    scan tries again."""

    number: int
    name: str
    meaning: str
    todo: str
    passing: bool = False


KINDS = (
    FaultKind(10, "decode", "no decoder gets sound out of it", "play it; if no player can, get another copy"),
    FaultKind(
        11, "timeout", "took longer than --timeout allows", "scan --retry-failed with a longer --timeout"
    ),
    FaultKind(
        12,
        "crash",
        "its decoder crashed",
        "play it; if no player can, get another copy, else please report it",
    ),
    FaultKind(
        13,
        "memory",
        "its decoder wanted more memory than allowed",
        "play it; if no player can, get another copy",
    ),
    FaultKind(
        14,
        "killed",
        "its worker process died, even with no other file in hand",
        "free some memory, then scan --retry-failed --jobs 1",
    ),
    FaultKind(20, "too-short", "holds too little sound to judge", "nothing: there is nothing to judge"),
    FaultKind(
        21,
        "damaged",
        "too many of its samples are not numbers, or absurdly loud",
        "play it; if it is noise, get another copy",
    ),
    FaultKind(
        30,
        "unreadable",
        "cannot be opened or read",
        "look after its permissions and its disk; every scan tries again",
        passing=True,
    ),
    FaultKind(
        31,
        "no-room",
        "no room for its windows beside the library",
        "make room on the library's disk; every scan tries again",
        passing=True,
    ),
    FaultKind(40, "tags", "its tags cannot be read", "play it, or repair its tags with another program"),
    FaultKind(41, "write", "its tags could not be written", "its line says why; the file is as it was"),
    FaultKind(
        90, "unforeseen", "a fault of the program: please report it", "please report it, with its line"
    ),
    FaultKind(99, "failed", "failed", "scan --retry-failed"),
)


def kind_of(name: str | None) -> FaultKind:
    """The kind of this name; the last one for names that older libraries may hold."""
    return next((kind for kind in KINDS if kind.name == name), KINDS[-1])


def passing_kinds() -> tuple[str, ...]:
    """The names of the kinds that every scan tries again."""
    return tuple(kind.name for kind in KINDS if kind.passing)


def one_line(fault: BaseException) -> str:
    """What a fault says, on one line of at most 200 characters; empty where it says nothing."""
    return " ".join(str(fault).split())[:200]
