"""Any text as the name of a file that every file system takes, and that no two texts share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from audiotag.text import prints

# What Windows, and with it SMB and exFAT, allows in no name; and what it takes for a device, whatever the
# suffix.
_RESERVED = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$)(?![^. ])", re.IGNORECASE)
# Of the 255 bytes that a name may have on most disks; the rest is for a suffix, and a number.
_LONGEST = 200


def safe_name(text: str) -> str:
    """A name without its suffix: NFC, no character that some file system reserves or that does not
    print, none of a device, not hidden, not too long, never empty. Its own safe name is itself."""
    # A lone surrogate is no text; what composes may change once it is gone.
    plain = unicodedata.normalize("NFC", "".join(c if prints(c) else "_" for c in text))
    name = _shortened(_RESERVED.sub("_", plain).strip())
    # A dot or a space at the end is cut off by Windows, at the beginning a dot hides.
    name = re.sub(r"[. ]+$|^\.+", lambda found: "_" * len(found[0]), name)
    return f"_{name}"[:_LONGEST] if _DEVICES.match(name) else name or "_"


def distinct_names(texts: Sequence[str]) -> dict[str, str]:
    """Each text's safe name, told apart by numbers where a file system that does not mind the case of
    letters would take two for one. The same texts give the same names, in whatever order they come."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for text in sorted(set(texts)):
        name, number = safe_name(text), 1
        while folded(name) in taken:
            number += 1
            name = f"{safe_name(text)} ({number})"
        taken.add(folded(name))
        names[text] = name
    return names


def _shortened(name: str) -> str:
    """As many characters as have room, never half of one."""
    return name.encode()[:_LONGEST].decode("utf-8", "ignore")


def folded(name: str) -> str:
    """What case-insensitive file systems compare; that of a Mac takes composed letters apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())
