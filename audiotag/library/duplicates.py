"""Files with the same sound: one prediction serves them all, and a moved file keeps its row."""

from __future__ import annotations

from dataclasses import replace

from audiotag.library.changes import Wanted
from audiotag.library.missing import is_missing
from audiotag.library.records import Track, TrackInfo
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile

# Of many copies a few are looked at for one whose file is gone.
_LOOKED_AT = 8


def has_duplicate(store: Store, fingerprint: bytes, wanted: Wanted) -> bool:
    """Whether the library has a wanted prediction for this sound."""
    return bool(_duplicates(store, b"", fingerprint, wanted))


def adopt(
    store: Store, found: FoundFile, info: TrackInfo, fingerprint: bytes, wanted: Wanted
) -> tuple[Track, bool] | None:
    """Give a file the prediction of the same sound elsewhere, or of its own before it changed.

    Returns its new row, and whether the file had been moved: then the row, and what the journal
    says of the file, went with it. None if the library has no such prediction (any more).
    """
    paths = _duplicates(store, found.path, fingerprint, wanted)
    own = found.path in paths
    moved = None if own else next((path for path in paths if is_missing(path)), None)
    source = moved or next(iter(paths), None)  # its own comes first
    track = None if source is None else store.track(source)
    if track is None:
        return None
    if own and (track.size, track.mtime_ns) == (found.size, found.mtime_ns) and not _says_anything(info):
        info = track.info  # the file is as it was when it could be read
    # `scanned_at` stays: that is when this sound was predicted.
    row = replace(track, path=found.path, size=found.size, mtime_ns=found.mtime_ns, info=info, missing=False)
    if moved is None:
        store.put(row)
    else:
        store.move(moved, row)
    return row, moved is not None


def _says_anything(info: TrackInfo) -> bool:
    return info.tags is not None and info.tags.container != ""


def _duplicates(store: Store, path: bytes, fingerprint: bytes, wanted: Wanted) -> list[bytes]:
    """Paths of some that have the prediction, `path` first if it is one of them."""
    rows = store.execute(
        "SELECT path FROM tracks WHERE fingerprint = ? AND status = 'ok' AND model = ? "
        "AND windows_asked = ? ORDER BY path <> ? LIMIT ?",
        (fingerprint, wanted.model, wanted.windows_asked, path, _LOOKED_AT),
    )
    return [found for (found,) in rows]
