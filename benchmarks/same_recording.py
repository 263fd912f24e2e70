"""How near a recording is to itself in another form, and how near different recordings come: what the
threshold of `duplicates` rests on.

Songs are encoded anew in many ways, and all of it is scanned; and clips of an archive are compared with each
other. Doubles that the archive has are among its pairs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.discovery.sameness import COSINE
from audiotag.library.embeddings import unit_vectors
from audiotag.library.store import Store
from audiotag.library.walk import find_audio
from benchmarks.common import (
    MUSIC,
    SHARED,
    library_in,
    material,
    options,
    pass_on,
    passed_on,
    positive,
    run_audiotag,
    scratch,
    show,
)
from tests.helpers.audio_files import Samples, decode, make_audio

ARCHIVE = SHARED / "data" / "fma_small_mel_trainval.npz"
_SUFFIXES = frozenset({b".mp3", b".flac", b".wav", b".ogg", b".m4a"})


@dataclass(frozen=True)
class Form:
    """change: samples (n, channels) and their rate → samples. rate: the only one that the encoder takes."""

    suffix: str = ".flac"
    bit_rate: int | None = None
    codec: str | None = None
    change: Callable[[Samples, int], Samples] = lambda samples, rate: samples
    rate: int | None = None


PLAIN = "as it is, in FLAC"
FORMS = {
    PLAIN: Form(),
    "ALAC": Form(".m4a", codec="alac"),
    "mono": Form(change=lambda samples, rate: samples.mean(axis=1, keepdims=True, dtype=np.float32)),
    "a quarter of the loudness": Form(change=lambda samples, rate: (samples / 4).astype(np.float32)),
    "MP3 at 320 kbit/s": Form(".mp3", 320_000),
    "MP3 at 128 kbit/s": Form(".mp3", 128_000),
    "MP3 at 64 kbit/s": Form(".mp3", 64_000),
    "Vorbis": Form(".ogg"),
    "Opus at 96 kbit/s": Form(".opus", rate=48_000),
    "AAC at 128 kbit/s": Form(".m4a"),
    "trebles raised": Form(
        change=lambda samples, rate: np.vstack([samples[:1], samples[1:] - samples[:-1] / 2])
    ),
    "twice as loud, and clipped": Form(change=lambda samples, rate: np.clip(2 * samples, -1, 1)),
    "compressed hard": Form(change=lambda samples, rate: np.tanh(2.5 * samples)),
    "0.4 s cut from its beginning": Form(change=lambda samples, rate: samples[round(0.4 * rate) :]),
    "a second of silence before it": Form(
        change=lambda samples, rate: np.vstack([0 * samples[:1].repeat(rate, axis=0), samples])
    ),
}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("music", nargs="?", type=Path, metavar="FOLDER", help=f"songs (default {MUSIC})")
    parser.add_argument("--archive", type=Path, metavar="FILE", help=f"default {ARCHIVE}")
    parser.add_argument("--seconds", type=positive, default=90, metavar="N", help="of each song (default 90)")
    pass_on(parser, model="NAME|FILE")
    given = parser.parse_args()
    if (music := material(given.music, MUSIC)) is not None:
        with scratch() as folder:
            encode(music, folder / "forms", given.seconds)
            run_audiotag(folder, "scan", "-q", folder / "forms", *passed_on(given, "model"))
            show_forms(library_in(folder))
    if (archive := material(given.archive, ARCHIVE)) is not None:
        compare_clips(archive, given.model)


def encode(music: Path, target: Path, seconds: int) -> None:
    """A folder a song, a file a form."""
    names = [os.fsdecode(found.path) for found in find_audio([os.fsencode(music)], _SUFFIXES)]
    for number, name in enumerate(names):
        samples, rate = read_song(Path(name), seconds)
        (target / str(number)).mkdir(parents=True)
        for form, how in FORMS.items():
            path = target / str(number) / f"{form.replace('/', ' ')}{how.suffix}"
            changed = how.change(samples, rate)
            if how.rate is not None and how.rate != rate:
                changed = resampled(changed, rate, how.rate)
            make_audio(path, changed, how.rate or rate, how.codec, how.bit_rate)


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    import av

    layout = "mono" if samples.shape[1] == 1 else "stereo"
    resampler = av.AudioResampler(format="flt", layout=layout, rate=wanted)
    interleaved = np.ascontiguousarray(samples, dtype=np.float32).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
    frame.rate = rate
    parts = [part.to_ndarray() for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts, axis=1).reshape(-1, samples.shape[1])


def read_song(song: Path, seconds: int) -> tuple[Samples, int]:
    """The first seconds of a song, (n, channels) within -1..1, and their rate."""
    import av

    with av.open(str(song)) as container:
        rate = container.streams.audio[0].rate
    samples = decode(song)[: seconds * rate]
    if samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    return samples.astype(np.float32), rate


def show_forms(db: Path) -> None:
    cosines: dict[str, list[float]] = {form: [] for form in FORMS}
    with Store(db, write=False) as store:
        songs: dict[bytes, dict[str, np.ndarray]] = {}
        for track in store.tracks():
            if track.embedding is not None:
                folder, name = os.path.split(track.path)
                unit, _ = unit_vectors(track.embedding[None])
                songs.setdefault(folder, {})[os.path.splitext(os.fsdecode(name))[0]] = unit[0]
    for forms in songs.values():
        for form, values in cosines.items():
            if (vector := forms.get(form.replace("/", " "))) is not None:
                values.append(float(vector @ forms[PLAIN]))
    rows = [
        [form, f"{min(some):.3f}", f"{np.median(some):.3f}", f"{sum(one >= COSINE for one in some)}"]
        for form, some in cosines.items()
        if some
    ]
    show(
        f"{len(songs)} songs beside themselves",
        ["form", "least cosine", "median", f"at least {COSINE}"],
        rows,
    )


def compare_clips(path: Path, model: str | None) -> None:
    """Of the clips of `val`, whole albums among them, each with each other."""
    from audiotag.model.card import DEFAULT_MODEL, load_card
    from audiotag.model.engines import open_engine
    from audiotag.training.archives.archive import load_archive
    from audiotag.training.archives.tracks import LabelledTracks

    card, clips = load_card(model or DEFAULT_MODEL), load_archive(path)
    clips.require_frontend(card.frontend)
    engine = open_engine(card, "onnx", 16)
    tracks = LabelledTracks.of(clips.select("val"), clips.genres, card.frontend.frames)
    unit, whole = unit_vectors(tracks.mean(lambda windows: engine.predict(windows).embedding))
    unit = unit[whole]
    cosines = np.sort((unit @ unit.T)[np.triu_indices(len(unit), 1)])[::-1]
    near = int((cosines >= COSINE).sum())
    show(
        f"{len(unit)} clips of {path.name}, {len(cosines):,} pairs",
        ["", "cosine"],
        [
            [f"pairs of at least {COSINE}", f"{near}"],
            ["the nearest below", f"{cosines[near]:.3f}" if near < len(cosines) else ""],
            ["one in a thousand is above", f"{cosines[len(cosines) // 1000]:.3f}"],
        ],
    )


if __name__ == "__main__":
    main()
