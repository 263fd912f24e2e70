"""The arrays of a mel archive's file: which there may be, how each must be, and what follows from them.

Archives come from several places and name what they know in several ways: FMA's have track ids
and splits, songs that pretrained taggers were run on have a song, an artist and the taggers' answers.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.training.archives.groups import track_groups

# The taggers' answers that an archive may hold, and where their names are.
TAGGERS: Mapping[str, str] = {
    "msd": "msd_tags",
    "mtt": "mtt_tags",
    "jamendo": "jamendo_tags",
    "audioset": "audioset_labels",
}

# Of each array the number of dimensions, how its type begins (numpy.dtype.str), and both in words.
_TEXT = (1, ("U",), "(clips,) text")
_NUMBERS = (1, ("i", "u"), "(clips,) whole numbers")
_WANTED: Mapping[str, tuple[int, tuple[str, ...], str]] = {
    "mel": (3, ("u1",), "(clips, bands, columns) uint8"),
    "genre": _TEXT,
    "split": _TEXT,
    "track_id": _NUMBERS,
    "song": _NUMBERS,
    "artist": _NUMBERS,
    "group": _NUMBERS,
    "source": _TEXT,
    "vggish": (2, ("f",), "(clips, 128) floating point"),
    "path": _TEXT,
    **dict.fromkeys(TAGGERS, (2, ("f",), "(clips, tags) floating point")),
    **dict.fromkeys(TAGGERS.values(), (1, ("U",), "(tags,) text")),
}


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an archive that we know. Raises ArchiveError, and whatever damage brings about."""
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):  # NumPy would take it for a pickle, and advise to trust it
            raise ArchiveError("cannot be read as a mel archive (not a whole .npz file)")
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            missing = [key for key in ("mel", "genre") if key not in stored.files]
            if not {"track_id", "song"} & set(stored.files):
                missing.append("track_id or song")
            if missing:
                raise ArchiveError(f"not a mel archive, it has no {', '.join(missing)}")
            arrays = {key: stored[key] for key in (*_WANTED, "frontend") if key in stored.files}
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy gives the bytes of what is none
            raise ArchiveError(f"its {key} is no array")
    return arrays


def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
    """Raises ArchiveError unless each is of its shape and type, all are of one length, and it is not 0."""
    for key, array in arrays.items():
        dimensions, kinds, wanted = _WANTED[key]
        alike = array.ndim == dimensions and array.dtype.str[1:].startswith(kinds)
        if not alike or (key == "vggish" and array.shape[1] != 128):
            raise ArchiveError(f"{key} must be {wanted}, not {array.dtype} of shape {array.shape}")
    names = TAGGERS.values()
    lengths = {key: len(array) for key, array in arrays.items() if key not in names}
    if len(set(lengths.values())) != 1:
        listed = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise ArchiveError(f"its arrays are not of one length: {listed}")
    if not arrays["mel"].size:
        raise ArchiveError(f"there is nothing in it: mel is {arrays['mel'].shape}")
    for tagger in TAGGERS:
        _check_tagger(arrays, tagger)


def _check_tagger(arrays: Mapping[str, np.ndarray], tagger: str) -> None:
    names = TAGGERS[tagger]
    if tagger not in arrays:
        if names in arrays:
            raise ArchiveError(f"it has {names} but no {tagger}")
        return
    if names not in arrays:
        raise ArchiveError(f"it has {tagger} but no {names}")
    answers, named = arrays[tagger], len(arrays[names])
    if answers.shape[1] != named:
        raise ArchiveError(f"{tagger} has {answers.shape[1]} tags, {names} {named}")
    known = answers[~np.isnan(answers)]
    if ((known < 0) | (known > 1)).any():
        raise ArchiveError(f"{tagger} must be probabilities, from 0 to 1, or NaN where there is none")


def split_of(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) str: each clip's split; all are `train` where nobody has split them."""
    return arrays["split"] if "split" in arrays else np.full(len(arrays["mel"]), "train")


def track_of(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) int: a number for each track, or the song's."""
    return arrays["track_id"] if "track_id" in arrays else arrays["song"]


def group_of(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) int64: clips of one artist, song or album share a number, the most that is known of them.

    The archive's own `group` before all; else the artist, where there is one (not 0); else the
    song; else the album, by neighbouring track ids.
    """
    if "group" in arrays:
        return arrays["group"].astype(np.int64)
    nearest = arrays["song"] if "song" in arrays else track_groups(arrays["track_id"], arrays["genre"])
    nearest = nearest.astype(np.int64)
    if "artist" not in arrays:
        return nearest
    artist = arrays["artist"].astype(np.int64)
    named = artist != 0
    # A song may have an artist's number, and is another thing.
    pairs = np.stack([named, np.where(named, artist, nearest)], axis=1)
    _, group = np.unique(pairs, axis=0, return_inverse=True)
    return np.asarray(group.reshape(-1), np.int64)


def tags_of(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """(n, T) float32, the answers of all taggers side by side, and T names as in `audioset:Jazz`; None
    and no names where no tagger was run on the clips."""
    present = [tagger for tagger in TAGGERS if tagger in arrays]
    if not present:
        return None, ()
    names = (f"{tagger}:{name}" for tagger in present for name in arrays[TAGGERS[tagger]])
    return np.concatenate([arrays[tagger] for tagger in present], axis=1).astype(np.float32), tuple(names)


def arrays_of_tags(tags: np.ndarray | None, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """What tags_of() makes such tags and names of. Raises ArchiveError for a tagger without a key."""
    nowhere = [name for name in names if name.partition(":")[0] not in TAGGERS]
    if nowhere:
        raise ArchiveError(f"an archive has no key for tag {nowhere[0]}, only for: {', '.join(TAGGERS)}")
    arrays = {}
    for tagger, key in TAGGERS.items():
        columns = [column for column, name in enumerate(names) if name.startswith(f"{tagger}:")]
        if tags is not None and columns:
            arrays[tagger] = tags[:, columns]
            arrays[key] = np.array([names[column].partition(":")[2] for column in columns])
    return arrays
