"""A scan: what it finds out, what it leaves alone, and that it only reads."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.library.records import Judged, KnownTags, StyleOutput
from audiotag.library.store import Store
from audiotag.model.calibration import Platt, SongPower
from audiotag.model.card import load_card
from audiotag.model.engines import Outputs
from audiotag.pipeline import predict as predict_module
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.tags.known import state_of
from tests.helpers.big_library import CheapEngine
from tests.helpers.scans import QUICK, Library, Noted


def test_every_song_gets_a_prediction(library: Library, music: Path) -> None:
    summary = library.scan(music)
    assert (summary.predicted, len(summary.failures), summary.unchanged) == (3, 0, 0)
    assert summary.seconds == pytest.approx(12.0, abs=0.01)
    assert library.noted.planned == (3, sum(file.stat().st_size for file in music.rglob("*.flac")))
    for track in library.tracks().values():
        assert track.status == "ok"
        assert track.windows == 3  # 4 s in windows of 1.2 s; a rest of a third of one adds none
        assert track.probabilities is not None
        assert track.embedding is not None
        assert (track.probabilities.shape, track.embedding.shape, track.styles) == ((3,), (16,), None)
        assert track.duration == pytest.approx(4.0, abs=0.01)
        # What `tag` has to know of it, so that it need not be opened again.
        assert track.info.tags == KnownTags(state_of(os.stat(track.path)), "flac")


def test_a_second_scan_decodes_nothing(library: Library, music: Path) -> None:
    library.scan(music)
    before = library.tracks()
    summary = library.scan(music)
    assert (summary.decoded, summary.unchanged, library.noted.tracks) == (0, 3, [])
    assert {name: track.scanned_at for name, track in before.items()} == {
        name: track.scanned_at for name, track in library.tracks().items()
    }


def test_only_what_changed_is_heard_again(library: Library, music: Path, sounds: list[Path]) -> None:
    library.scan(music)
    shutil.copyfile(sounds[3], music / "one.flac")
    shutil.copyfile(sounds[4], music / "new.flac")
    assert library.scan(music).predicted == 2
    assert sorted(os.path.basename(track.path) for track in library.noted.tracks) == [
        b"new.flac",
        b"one.flac",
    ]


@pytest.mark.parametrize("options", [replace(QUICK, rescan=True), replace(QUICK, windows=2)])
def test_what_was_heard_otherwise_is_heard_again(options: ScanOptions, library: Library, music: Path) -> None:
    library.scan(music)
    assert library.scan(music, options=options).predicted == 3
    if options.windows:
        assert {track.windows for track in library.tracks().values()} == {2}


def test_what_is_kept_is_how_often_a_genre_is_right(library: Library, music: Path) -> None:
    """The mean over the windows of what the network says, and then the card's calibration."""
    library.scan(music)
    card = load_card(str(library.model.card_file))
    plain = tuple(replace(genre, scaling=Platt()) for genre in card.outputs)
    calibrated = library.tracks()
    with Store(library.path, write=True) as store:
        scan([os.fsencode(music)], store, replace(card, outputs=plain), QUICK, Noted())
    for name, track in library.tracks().items():
        kept = calibrated[name].probabilities
        assert track.probabilities is not None
        assert kept is not None
        np.testing.assert_allclose(kept, card.calibrated(track.probabilities, 1), atol=1e-5)
        assert track.probabilities.sum() == pytest.approx(1, abs=1e-4)


def test_a_whole_song_is_made_as_sure_as_the_card_says(library: Library, music: Path) -> None:
    library.scan(music)
    card = load_card(str(library.model.card_file))
    outputs = tuple(replace(genre, scaling=Platt()) for genre in card.outputs)
    scale = [replace(card, outputs=outputs, song=SongPower(1, power)) for power in (1.0, 2.0)]
    found = []
    for each in scale:
        with Store(library.path, write=True) as store:
            scan([os.fsencode(music)], store, each, QUICK, Noted())
        found.append({name: track.probabilities for name, track in library.tracks().items()})
    for name, mean in found[0].items():
        assert mean is not None
        squared = mean.astype(np.float64) ** 2
        np.testing.assert_allclose(found[1][name], squared / squared.sum(), atol=1e-4)


def test_styles_are_kept_beside_the_genres(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Styling(CheapEngine):
        def predict(self, windows: np.ndarray) -> Outputs:
            styles = np.tile(np.array([0.25, 0.5], np.float32), (len(windows), 1))
            return super().predict(windows)._replace(styles=styles)

    monkeypatch.setattr(predict_module, "open_engine", lambda *_, **__: Styling())
    styles = (StyleOutput("Skiffle", "Folk", 0.2), StyleOutput("Punk", "Rock", 0.5))
    card = replace(load_card(str(library.model.card_file)), styles=styles)
    with Store(library.path, write=True) as store:
        scan([os.fsencode(music)], store, card, QUICK, Noted())
        latest = store.latest_model()
        assert latest is not None
        assert latest.styles == styles
    assert [track.judged_styles() for track in library.tracks().values()] == [
        [Judged("Punk", 0.5, 0.5), Judged("Skiffle", 0.25, 0.2)]
    ] * 3


def test_known_tracks_are_judged_by_the_card_s_present_thresholds(library: Library, music: Path) -> None:
    library.scan(music)
    card = load_card(str(library.model.card_file))
    thresholds = (0.999_9, None, 0.1)
    outputs = tuple(replace(g, threshold=t) for g, t in zip(card.outputs, thresholds, strict=True))
    card = replace(card, outputs=outputs)
    with Store(library.path, write=True) as store:
        scan([os.fsencode(music)], store, card, QUICK, Noted())
    assert {track.model.thresholds for track in library.tracks().values() if track.model} == {thresholds}


def test_files_are_only_read(library: Library, music: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in music.rglob("*.flac")}
    library.scan(music)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in music.rglob("*.flac")} == before
    assert sorted(os.listdir(music)) == ["album", "one.flac"]


def test_a_path_given_twice_or_inside_another_is_heard_once(library: Library, music: Path) -> None:
    assert library.scan(music, music, music / "album", music / "one.flac").predicted == 3


def test_the_number_of_workers_does_not_change_the_answer(library: Library, music: Path) -> None:
    library.scan(music)
    one = library.tracks()
    library.scan(music, options=replace(QUICK, jobs=3, batch_size=5, rescan=True))
    for name, track in library.tracks().items():
        assert track.probabilities is not None
        np.testing.assert_allclose(track.probabilities, one[name].probabilities, atol=1e-5)
