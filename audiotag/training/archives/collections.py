"""Collections of labelled clips: each has genres of its own, by its own lights.

Rock in one collection is what another calls Metal or Pop, and no collection has all genres. So a clip
says something of the genres of its own collection alone, and of the others nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.training.archives.archive import MelArchive


@dataclass(frozen=True)
class Collection:
    """Clips that were labelled together, or that nobody has labelled."""

    name: str
    clips: MelArchive

    @property
    def genres(self) -> tuple[str, ...]:
        """Those that its labelled clips carry, sorted; none where no clip is labelled."""
        return self.clips.genres


def split_collections(archive: MelArchive, stem: str) -> list[Collection]:
    """The collections that an archive is made of, in the order in which they occur.

    They are named by its sources; `stem`, the name of the archive's file without its suffix, is that of
    all clips where it has none, or of those that name none.
    """
    if archive.source is None:
        return [Collection(stem, archive)]
    names = np.array([str(source) or stem for source in archive.source])
    return [
        Collection(name, archive.take(np.flatnonzero(names == name)))
        for name in dict.fromkeys(names.tolist())
    ]
