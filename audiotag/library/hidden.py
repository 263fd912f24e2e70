"""Names that a system, by custom, keeps for itself: no music is looked for below them."""

from __future__ import annotations

# Casefolded: Windows, NAS systems and archivers write them in either case.
_SYSTEM = frozenset(
    (
        b"lost+found", b"$recycle.bin", b"recycler", b"recycled", b"system volume information",
        b"#recycle", b"#snapshot", b"@eadir", b"@tmp", b"@recycle", b"@recently-snapshot", b"@sharebin",
        b"__macosx",
    )
)  # fmt: skip
# What tools put behind the dot: AppleDouble's "._", ".@__thumb", ".#locks", ".~drafts", ".$x".
_TOOLS = "_@#~$"


def why_hidden(name: bytes) -> str | None:
    """What such a name is called in a count, None for a name that may be music's.

    A dot and a letter hide a name; "...And Justice" and ".5: The Gray Chapter" are titles.
    """
    if name.lower() in _SYSTEM:
        return name.decode("ascii")
    if not name.startswith(b"."):
        return None
    second = name[1:].decode("utf-8", "replace")[:1]
    if second == "_":
        return "._*"
    return ".*" if second.isalpha() or (second and second in _TOOLS) else None
