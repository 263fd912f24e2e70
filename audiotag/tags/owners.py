"""Which of a file's genres are its owner's: those that no `tag` wrote."""

from __future__ import annotations

from audiotag.library.records import KnownTags
from audiotag.library.store import Store
from audiotag.tags.safewrite.journal import MAY_BE_DONE, Journal


class OwnersGenres:
    """By what library and journal know; no file is opened, nor looked for.

    Where copies have one sound and audiotag wrote one of them, a copy with the very same genre counts as
    written too: which of them it was only a look at the disk could tell.
    """

    def __init__(self, store: Store) -> None:
        self._journal = Journal(store)
        written = store.execute(
            f"SELECT DISTINCT sound, CASE WHEN sound IS NULL THEN path END FROM writes WHERE {MAY_BE_DONE}"
        )
        self._sounds = {sound for sound, _ in written if sound is not None}
        self._paths = {path for _, path in written if path is not None}

    def of(self, path: bytes, sound: bytes | None, tags: KnownTags) -> tuple[str, ...]:
        """The genres of a file with this fingerprint, as its tags were last seen. Of those that audiotag
        wrote only what it had found there before, be it added to."""
        files = []
        if sound is not None and sound in self._sounds:
            files += self._journal.written_files(sound)
        if path in self._paths:
            files += self._journal.files_without_sound(path)
        for file in files:
            written = self._journal.wrote(file.number, tags.stored)
            if written is not None:
                found = {genre.casefold() for genre in written.found}
                return tuple(genre for genre in tags.genres if genre.casefold() in found)
        return tags.genres
