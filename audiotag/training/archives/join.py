"""Several data sets in one archive: each keeps its name, as the source of its clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.text import printable
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.groups import groups_apart


def join_archives(archives: Mapping[str, MelArchive]) -> MelArchive:
    """Archives by the names of their data sets → one, whose `source` they are.

    Clips keep their track ids, which may be the same in two sources; groups do not meet. All must be of
    one front-end and clip length, as one call of `prepare` makes them; what taggers and VGGish say of
    clips, which it does not know, is left out. Raises ArchiveError otherwise.
    """
    names, parts = list(archives), list(archives.values())
    for name, part in archives.items():
        if part.mel.shape[1:] != parts[0].mel.shape[1:] or part.frontend != parts[0].frontend:
            raise ArchiveError(f"{printable(name)}: its clips are not like those of {printable(names[0])}")
    paths = [_paths(name, part) for name, part in archives.items()]
    return replace(
        parts[0],
        mel=np.concatenate([part.mel for part in parts]),
        genre=np.concatenate([part.genre for part in parts]),
        split=np.concatenate([part.split for part in parts]),
        track_id=np.concatenate([part.track_id for part in parts]),
        path=np.concatenate(paths),
        group=groups_apart([part.group for part in parts]),
        vggish=None,
        tags=None,
        tag_names=(),
        source=np.concatenate([np.repeat(name, len(part)) for name, part in archives.items()]),
    )


def _paths(name: str, part: MelArchive) -> np.ndarray:
    if part.path is None:
        return np.repeat(name, len(part))
    return np.array([f"{name}/{path}" for path in part.path])
