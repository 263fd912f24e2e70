"""Libraries that are laid as maps, quickly."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from audiotag.discovery.map.layout import MapSettings
from audiotag.discovery.map.progress import NoProgress
from audiotag.discovery.map.update import MapOptions, MapSummary, map_points, update_map
from audiotag.library.records import Track
from audiotag.library.store import Store
from tests.helpers.sound_alikes import made_tracks

Places = dict[bytes, tuple[float, float]]
TRACKS = list(made_tracks(60, size=16))
# As good as the usual one for laws that hold however well the map is laid; as of a large library.
QUICK = MapOptions(settings=MapSettings(early=20, late=30, few=0, some=0))
# As of small ones, of some hundred tracks and of some dozen.
SOME = MapOptions(settings=MapSettings(early=20, late=30, few=0))
FEW = MapOptions(settings=MapSettings(few=100))
SIZES = st.sampled_from([QUICK, SOME, FEW])


def put(db: Path, tracks: Sequence[Track]) -> None:
    with Store(db, write=True) as store, store.transaction():
        for track in tracks:
            store.put(track)


def updated(db: Path, options: MapOptions = QUICK) -> tuple[MapSummary, Places]:
    with Store(db, write=False) as store:
        return update_map(store, options, NoProgress()), map_points(store)


def places(db: Path) -> Places:
    with Store(db, write=False) as store:
        return map_points(store)


@contextmanager
def new_library(tracks: Sequence[Track] = ()) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder, "library.db"), tracks)
        yield Path(folder, "library.db")
