"""Whose a written file is: the copy that takes its place belongs to whoever made it.

Only root can give a file away. So a file of somebody else's, open to us by its group, is refused
unless the change of owner is allowed; then its group stays, and whoever owned it keeps every right.
"""

from __future__ import annotations

import grp
import os
import pwd
import struct

_ACCESS_LIST = "system.posix_acl_access"
# From linux/posix_acl_xattr.h: a version, then entries of whom, what rights and which user.
_VERSION, _NOBODY = 2, 0xFFFFFFFF
_ENTRY = struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20


def keep_owner(wanted: os.stat_result, target: int, *, may_change: bool) -> None:
    """Give the copy `target` (a descriptor) owner and group of the file that it replaces.

    ValueError, in words for the user, where the owner cannot be kept and may not change, and
    where the group cannot be kept.
    """
    made = os.fstat(target)
    if (made.st_uid, made.st_gid) == (wanted.st_uid, wanted.st_gid):
        return
    try:
        os.fchown(target, wanted.st_uid, wanted.st_gid)
    except PermissionError as error:
        if made.st_uid != wanted.st_uid and not may_change:
            raise ValueError(whose(wanted)) from error
        try:
            os.fchown(target, -1, wanted.st_gid)
        except PermissionError:
            group = _group(wanted.st_gid)
            raise ValueError(
                f"its group is {group}, in which you are not; run audiotag as a member of it"
            ) from error


def is_anothers(status: os.stat_result) -> bool:
    """Whether a file belongs to somebody else, and would not any more after a write."""
    return os.geteuid() not in (0, status.st_uid)


def whose(status: os.stat_result) -> str:
    """In words for the user, why a file of somebody else's is not written."""
    owner = _user(status.st_uid)
    return (
        f"it belongs to {owner}, and a write would make it yours; --change-owner allows that, "
        f"or run audiotag as {owner}"
    )


def keep_access(wanted: os.stat_result, target: int) -> None:
    """Where the copy has another owner, the rights of the old one, by an access list if need be.

    ValueError where the file system has no such lists.
    """
    rights = wanted.st_mode >> 6 & 7
    if os.fstat(target).st_uid == wanted.st_uid or _has_them_anyway(wanted, rights, target):
        return
    try:
        os.setxattr(target, _ACCESS_LIST, _with_user(_access_list(target), wanted.st_uid, rights))
    except OSError as error:
        owner = _user(wanted.st_uid)
        raise ValueError(
            f"it belongs to {owner}, whose rights could not be kept; run audiotag as {owner}"
        ) from error


def _has_them_anyway(wanted: os.stat_result, rights: int, target: int) -> bool:
    """Whether the old owner, as a member of the group or as anybody, may do as much."""
    if _ACCESS_LIST in os.listxattr(target):
        return False
    try:
        entry = pwd.getpwuid(wanted.st_uid)
        is_member = wanted.st_gid in os.getgrouplist(entry.pw_name, entry.pw_gid)
    except (KeyError, OSError):
        is_member = False
    others = wanted.st_mode >> 3 & 7 if is_member else wanted.st_mode & 7
    return rights & ~others == 0


def _access_list(target: int) -> list[tuple[int, int, int]]:
    """Whom, rights and user of each entry; made from the mode where the file has no list."""
    if _ACCESS_LIST in os.listxattr(target):
        data = os.getxattr(target, _ACCESS_LIST)[4:]
        return [_ENTRY.unpack_from(data, at) for at in range(0, len(data), _ENTRY.size)]
    mode = os.fstat(target).st_mode
    rights = ((_OWNER, mode >> 6 & 7), (_GROUP, mode >> 3 & 7), (_OTHER, mode & 7))
    return [(whom, right, _NOBODY) for whom, right in rights]


def _with_user(entries: list[tuple[int, int, int]], user: int, rights: int) -> bytes:
    kept = [e for e in entries if e[0] != _MASK and (e[0], e[2]) != (_USER, user)]
    old_mask = next((e[1] for e in entries if e[0] == _MASK), None)
    group = next((e[1] for e in entries if e[0] == _GROUP), 0)
    # The mask bounds all but owner and others: it has to let the new entry through.
    mask = (group if old_mask is None else old_mask) | rights
    kept += [(_USER, rights, user), (_MASK, mask, _NOBODY)]
    return struct.pack("<I", _VERSION) + b"".join(_ENTRY.pack(*entry) for entry in sorted(kept, key=_order))


def _order(entry: tuple[int, int, int]) -> tuple[int, int]:
    return entry[0], entry[2]


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return f"group {number}"
