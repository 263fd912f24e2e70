"""What stands against writing a file: each a stated refusal, before anything is touched.

A file with more than one hard link is refused unless that is allowed, and then the other names
keep the old file. Files and folders that the system would not let us write to are refused (root
it lets write to all), and so are files that another program has open for writing, and disks
without room for a copy.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import sys
from contextlib import suppress

from audiotag.errors import TagWriteError
from audiotag.tags.formats.read import AnyPath
from audiotag.tags.safewrite.ownership import is_anothers, whose
from audiotag.text import printable

# Room for the tags to grow, and for what else the disk is used for meanwhile.
_SPARE_BYTES = 4 << 20
# From linux/fs.h: the request for a file's attributes, and those that forbid changing it.
_GET_FLAGS, _IMMUTABLE, _APPEND_ONLY = 0x80086601, 0x10, 0x20

# From linux/magic.h: ext2 to ext4, XFS, btrfs, tmpfs, ramfs, F2FS, ZFS, bcachefs, overlay, JFS,
# ReiserFS, NILFS of the kernel's own.
_HAVE_OWNERS = frozenset(
    {
        0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0x858458F6, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E,
        0x794C7630, 0x3153464A, 0x52654973, 0x3434,
    }
)  # fmt: skip
# FAT, exFAT, NTFS: all files belong to whoever mounted them.
_LEASES_MEAN_SOMETHING = _HAVE_OWNERS | {0x4D44, 0x2011BAB0, 0x7366746E}


class NoRoomError(TagWriteError):
    """A disk without room for a copy."""


def check_allowed(target: AnyPath, path: bytes, descriptor: int, break_hardlinks: bool) -> None:
    """Raises TagWriteError where `path`, open as `descriptor`, is not to be or cannot be replaced."""
    status = os.fstat(descriptor)
    if status.st_nlink > 1 and not break_hardlinks:
        raise refused(target, f"it has {status.st_nlink} hard links; --break-hardlinks writes it alone")
    folder = os.path.dirname(path)
    if _is_immutable(descriptor):
        raise refused(target, "it has the immutable attribute; chattr -ia takes it away")
    # A replace would get round a missing write permission: ask as other programs are asked.
    if not os.access(path, os.W_OK, effective_ids=True):
        if os.fstatvfs(descriptor).f_flag & os.ST_RDONLY:
            raise refused(target, "its disk is mounted read-only")
        raise refused(target, "it is read-only; allow writing first")
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise refused(target, "its folder is read-only; the copy has to be made there")
    check_unused(target, descriptor)
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    needed = status.st_size + _SPARE_BYTES
    # Some network file systems do not know their size.
    if space.f_blocks and free < needed:
        raise NoRoomError(
            str(refused(target, f"{free >> 20} MiB are free on its disk, {needed >> 20} MiB are needed"))
        )


def check_unused(target: AnyPath, descriptor: int) -> None:
    """Raises TagWriteError while another program has the file open for writing.

    Known only of our own files on local file systems: there Linux grants a read lease on nothing
    that is open for writing. Others (NFS, SMB, FUSE) refuse one for reasons of their own. The lease
    is given back at once; a program that comes in between waits that long.
    """
    if file_system_of(descriptor) not in _LEASES_MEAN_SOMETHING:
        return
    try:
        # The signal for such a program's coming would else end this process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise refused(target, "another program has it open for writing; try again later") from error
        return
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def check_owner(target: AnyPath, descriptor: int) -> None:
    """Raises TagWriteError where a write would give the file another owner, as far as that is known.

    The write itself tries: on file systems other than these it may turn out well.
    """
    status = os.fstat(descriptor)
    if is_anothers(status) and file_system_of(descriptor) in _HAVE_OWNERS:
        raise refused(target, whose(status))


def file_system_of(descriptor: int) -> int:
    """The number by which Linux tells the kind of file system (statfs(2)); 0 where it does not."""
    # Of a structure that differs from machine to machine the kind comes first, and 256 bytes are
    # more than any of them has. The table of mounts does not know a btrfs subvolume's device.
    buffer = (ctypes.c_long * 32)()
    try:
        failed = ctypes.CDLL(None, use_errno=True).fstatfs(descriptor, buffer)
    except (AttributeError, OSError):
        return 0
    return 0 if failed else int(buffer[0]) & 0xFFFFFFFF


def refused(target: AnyPath, reason: str) -> TagWriteError:
    """The fault for a file that is not written, in one line."""
    return TagWriteError(f"{printable(target)}: {printable(reason)}; the file is as it was")


def _is_immutable(descriptor: int) -> bool:
    flags = bytearray(8)
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
    except OSError:  # a file system without such attributes
        return False
    return bool(int.from_bytes(flags[:4], sys.byteorder) & (_IMMUTABLE | _APPEND_ONLY))
