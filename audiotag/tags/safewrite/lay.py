"""A draft laid down as a file, and read back.

What stays of the original is copied inside the system; file systems that share blocks between files
(XFS, btrfs) share those that keep their place in a block, and copy nothing. What came of it is read
again from the file, and compared with what was meant to the last byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from audiotag.errors import DISK_FULL, InterruptedRunError
from audiotag.tags.formats.draft import Draft, Piece
from audiotag.tags.formats.recipe import AlongDigest
from audiotag.tags.formats.spans import CHUNK

# Shared are whole blocks only, and 4 KiB is the size of one wherever that is done.
_BLOCK = 4096
# Shorter spans are read and written; longer ones the system copies, so much at a time.
_SHORT, _STRETCH = 1 << 16, 64 << 20


def lay_down(draft: Draft, source: int, target: int, stopped: Callable[[], bool]) -> None:
    """Write a draft of the file open as `source` into an empty one open as `target`.

    Raises OSError, ValueError where the source is shorter by now, and InterruptedRunError.
    """
    for at, piece in draft.pieces():
        if piece.place is None:
            _write(target, piece.data, at)
            continue
        done = 0
        if piece.length > _SHORT:
            # Up to the next block, if the two stand alike in theirs.
            lead = -at % _BLOCK if (piece.place - at) % _BLOCK == 0 else 0
            _copy(source, target, piece.part(0, lead), at, stopped)
            done = lead + _copy_inside(source, target, piece.part(lead, piece.length), at + lead, stopped)
        _copy(source, target, piece.part(done, piece.length), at + done, stopped)


def read_back(
    draft: Draft, source: int, made: int, along: AlongDigest | None, stopped: Callable[[], bool]
) -> bool:
    """Whether the file open as `made` is what the draft of the one open as `source` says, byte for byte.

    along: is passed all bytes of `made`.
    """
    if os.fstat(made).st_size != draft.size:
        return False
    blocks = bytearray(CHUNK), bytearray(CHUNK)
    for at, piece in draft.pieces():
        for done in range(0, piece.length, CHUNK):
            _go_on(stopped)
            part = piece.part(done, min(piece.length, done + CHUNK))
            if part.place is not None and part.length == CHUNK:
                found: bytes | bytearray = blocks[0]
                counts = os.preadv(made, [found], at + done), os.preadv(source, [blocks[1]], part.place)
                is_same = counts == (CHUNK, CHUNK) and found == blocks[1]
            else:
                found = os.pread(made, part.length, at + done)
                is_same = found == (
                    part.data if part.place is None else os.pread(source, part.length, part.place)
                )
            if not is_same:
                return False
            if along is not None:
                along.pass_by(at + done, memoryview(found))
    return True


def _copy_inside(source: int, target: int, piece: Piece, at: int, stopped: Callable[[], bool]) -> int:
    """How many of a piece's bytes the system has copied by itself: all of them, or as far as it can."""
    assert piece.place is not None, "what is new is not copied"
    done = 0
    while done < piece.length:
        _go_on(stopped)
        count = min(_STRETCH, piece.length - done)
        try:
            copied = os.copy_file_range(source, target, count, piece.place + done, at + done)
        except AttributeError:  # no such call on this system
            break
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            break  # a kernel or a file system that cannot; if it is another fault, reading and writing tell
        if copied == 0:
            break
        done += copied
    return done


def _copy(source: int, target: int, piece: Piece, at: int, stopped: Callable[[], bool]) -> None:
    assert piece.place is not None, "what is new is not copied"
    for done in range(0, piece.length, CHUNK):
        _go_on(stopped)
        length = min(CHUNK, piece.length - done)
        data = os.pread(source, length, piece.place + done)
        if len(data) != length:
            raise ValueError("the file became shorter while it was read")
        _write(target, data, at + done)


def _write(target: int, data: bytes, at: int) -> None:
    rest = memoryview(data)
    while rest:
        count = os.pwrite(target, rest, at)
        rest, at = rest[count:], at + count


def _go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise InterruptedRunError("stopped")
