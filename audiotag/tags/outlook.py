"""What `tag` would do, as the library knows the files: none is opened, none needs to be there."""

from __future__ import annotations

from dataclasses import dataclass

from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.tags.plan import TagOptions, decided
from audiotag.tags.policy import Decision, Own
from audiotag.tags.safewrite.journal import Journal
from audiotag.tags.safewrite.journal_rows import WrittenFile


@dataclass(frozen=True)
class _Genre:
    """Of a file, when it was looked at last. genres, stored: as formats.read.TrackTags has them."""

    genres: tuple[str, ...]
    stored: tuple[str, ...]
    id3_version: int | None


class Outlook:
    """Decides as plan.plan does, for a report: on the tags that the scan saw, or that audiotag itself wrote
    since. A file that somebody else has changed since the scan may turn out otherwise."""

    def __init__(self, store: Store, options: TagOptions) -> None:
        self._options, self._journal = options, Journal(store)
        self._anything_written = bool(store.execute("SELECT 1 FROM writes LIMIT 1"))

    def decision(self, track: Track) -> Decision | None:
        """None where the library does not know the file's tags, where nothing was predicted, or where the
        file is gone. Raises StoreError."""
        if track.missing or track.model is None:
            return None
        file = self._written(track)
        genre = _as_scanned(track) or self._as_written(track, file)
        if genre is None:
            return None
        written = self._journal.wrote(file.number, genre.stored) if file and genre.stored else None
        own = None if written is None else Own(genre.genres, written.found)
        return decided(track, genre.genres, genre.id3_version, self._options, own)

    def _written(self, track: Track) -> WrittenFile | None:
        """The journal's file with this sound at this path."""
        if not self._anything_written or track.fingerprint is None:
            return None
        files = self._journal.written_files(track.fingerprint)
        return next((file for file in reversed(files) if file.path == track.path), None)

    def _as_written(self, track: Track, file: WrittenFile | None) -> _Genre | None:
        """What audiotag's last write left there, if the library knows the file in that state."""
        if file is None or not file.left.endswith(f":{track.size}:{track.mtime_ns}"):
            return None
        (write,) = self._journal.these([file.last])
        stored = write.record.new.get("genre", ())
        known = track.info.tags
        return _Genre(stored, stored, None if known is None else known.id3_version)


def _as_scanned(track: Track) -> _Genre | None:
    """What the scan read, if the library knows the file in that state."""
    known = track.info.tags
    if known is None or not known.container or not known.state.startswith(f"{track.size}:{track.mtime_ns}:"):
        return None
    return _Genre(known.genres, known.stored, known.id3_version)
