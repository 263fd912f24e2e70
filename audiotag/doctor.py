"""What is in use on this machine, what is wrong with it, and how to mend that."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from audiotag import __version__
from audiotag.audio.child import DecodeLimits, Tell
from audiotag.audio.decode import listen
from audiotag.audio.decoders import DECODERS, ESSENTIA, LIBSNDFILE, PYAV
from audiotag.audio.hearing import MonoSound
from audiotag.audio.stated import Stated
from audiotag.audio.workers import WorkerDied, run_workers
from audiotag.config.sources import Resolved
from audiotag.errors import AudiotagError, EngineError, StoreError, one_line
from audiotag.extras import EXTRAS, is_there, is_to_be_had, lacking
from audiotag.library.health import examine
from audiotag.library.schema import SCHEMA_VERSION
from audiotag.model.card import ModelCard
from audiotag.model.engines import choose_engine, note_of, open_engine, why_chosen
from audiotag.model.engines.gpu import why_no_gpu
from audiotag.model.learnt import LearntModel
from audiotag.model.learnt_file import open_model

_PACKAGES = ("soundfile", "av", "mutagen", "loky", "onnxruntime")
# Either of them; what they are imported as is the same.
_ESSENTIAS = ("essentia-tensorflow", "essentia")
# What each decoder is for.
_SERVES = {
    LIBSNDFILE: "MP3, FLAC, WAV, AIFF first",
    PYAV: "everything else, and what libsndfile cannot read",
    ESSENTIA: "files at which the others crash",
}
_SECONDS, _RATE = 4.0, 44_100
_LITTLE_ROOM = 1 << 30
_SHOWN = 6  # of a long list


@dataclass(frozen=True)
class Finding:
    """One thing looked at. problem: what is wrong and how to mend it, None when all is well."""

    section: str
    name: str
    value: str
    problem: str | None = None


def examine_all(resolved: Resolved) -> Iterator[Finding]:
    """Look at everything, in an order for people; nothing is changed."""
    yield Finding("program", "audiotag", __version__)
    yield Finding("program", "Python", f"{platform.python_version()} on {platform.platform()}")
    yield from _installation()
    yield from _packages()
    yield from _decoders()
    yield from _model(resolved)
    yield from _library(resolved.settings.db)
    yield from _settings(resolved)


def _installation() -> Iterator[Finding]:
    """Full or light, and what could be added: nothing of that is wrong."""
    absent = [extra for extra in EXTRAS.values() if lacking(extra.name)]
    added = [extra.name for extra in EXTRAS.values() if extra.is_full and extra not in absent]
    kind = "full"
    if any(extra.is_full for extra in absent):
        kind = f"light, with {', '.join(added)}" if added else "light"
    yield Finding("program", "installation", kind)
    if to_add := [one for one in absent if all(is_to_be_had(package) for package, _module in one.packages)]:
        brings = "; ".join(f"{extra.name} ({extra.brings})" for extra in to_add)
        yield Finding("program", "extras to add", f"{brings}: pip install 'audiotag[NAME]'")


def _packages() -> Iterator[Finding]:
    extras = [package for extra in EXTRAS.values() for package, _module in extra.packages]
    essentias = []
    for name in dict.fromkeys((*_ESSENTIAS, *_PACKAGES, *extras)):
        try:
            yield Finding("packages", name, version(name))
            if name in _ESSENTIAS:
                essentias.append(name)
        except PackageNotFoundError:  # noqa: PERF203
            if name in _PACKAGES:
                yield Finding("packages", name, "missing", f"{name} is missing; install audiotag again")
    if not essentias and not is_to_be_had("essentia"):
        yield Finding("packages", "essentia", "no package for this machine, and no need of it")
    elif not essentias:
        yield Finding("packages", "essentia", "missing", "essentia is missing: pip install 'audiotag[light]'")
    elif len(essentias) > 1:
        both = " and ".join(essentias)
        mend = f"pip uninstall {' '.join(essentias)}, then install one of them"
        yield Finding("packages", "Essentia", f"{both}: they overwrite each other", f"{both}: {mend}")


def _decoders() -> Iterator[Finding]:
    """Each decoder decodes a file made for it, where a scan would: in a worker's child."""
    problem: str | None
    with tempfile.TemporaryDirectory(prefix="audiotag-") as folder:
        path = os.path.join(folder, "test.wav")
        with wave.open(path, "wb") as file:
            file.setparams((1, 2, _RATE, 0, "NONE", "not compressed"))
            tone = np.sin(np.arange(int(_SECONDS * _RATE)) * 0.05) * 9_000
            file.writeframes(tone.astype("<i2").tobytes())
        installed = [name for name in DECODERS if name != ESSENTIA or is_there("essentia")]
        for result in run_workers(_try_decoder, [(name, path) for name in installed], 1):
            if isinstance(result, WorkerDied):
                name, problem = result.item[0], "its process died; install audiotag again"
            else:
                name, problem = result
            value = f"works; {_SERVES[name]}" if problem is None else "does not work"
            yield Finding("decoders", name, value, problem and f"{name}: {problem}")
    if ESSENTIA not in installed:
        yield Finding("decoders", ESSENTIA, f"not installed; {_SERVES[ESSENTIA]}")


def _try_decoder(item: tuple[str, str]) -> tuple[str, str | None]:
    name, path = item
    try:
        answer = listen(os.fsencode(path), DecodeLimits(60), _Counter(), (name,))
    except AudiotagError as fault:
        return name, f"{fault}; install audiotag again"
    samples = answer["samples"]
    return name, None if samples == int(_SECONDS * _RATE) else f"heard {samples} samples of a test file"


class _Counter:
    """A listener that counts samples."""

    wanted = None

    def look(self, tell: Tell) -> None: ...

    def wants(self, stated: Stated, tell: Tell) -> bool:
        return True

    def hear(self, sound: MonoSound, tell: Tell) -> dict[str, int]:
        return {"samples": sum(map(len, sound.blocks()))}

    def begin(self) -> None: ...

    def take(self, message: bytes) -> None: ...


def _model(resolved: Resolved) -> Iterator[Finding]:
    try:
        opened = open_model(resolved.settings.model)
    except AudiotagError as fault:
        yield Finding("model", "card", resolved.settings.model, str(fault))
        return
    card = opened.card
    if opened.learnt is not None or opened.note:
        yield Finding("model", "learnt", resolved.settings.model, opened.note or None)
    yield Finding("model", "card", str(card.folder / f"{card.name}.json"))
    yield Finding("model", "identity", card.identity)
    yield from _outputs(card if opened.learnt is None else opened.learnt)
    yield _engine(card, resolved.settings.engine)


def _outputs(model: ModelCard | LearntModel) -> Iterator[Finding]:
    """What the model can say, and from what probability on it is written."""
    said = model.stored if isinstance(model, LearntModel) else model
    least = list(zip(said.genres, said.thresholds, strict=True))
    written = [f"{name} {threshold:.2f}" for name, threshold in least if threshold is not None]
    yield Finding("model", "genres and their thresholds", ", ".join(written) or "none")
    never = [name for name, threshold in least if threshold is None]
    if never:
        yield Finding("model", "not written by default", ", ".join(never))
    for genre in said.genres:
        below = [f"{one.name} {one.threshold:.2f}" for one in said.styles if one.parent == genre]
        if below:
            yield Finding("model", f"styles of {genre}", ", ".join(below))


def _engine(card: ModelCard, wanted: str) -> Finding:
    name = choose_engine() if wanted == "auto" else wanted
    try:
        engine = open_engine(card, wanted, 1)
        engine.predict(np.zeros((1, card.frontend.bands, card.frontend.frames), np.uint8))
    except AudiotagError as fault:
        return Finding("model", "engine", name, str(fault))
    except Exception as fault:  # an engine that is half installed fails in any way
        problem = EngineError(f"{type(fault).__name__}: {one_line(fault)}; try another --engine")
        return Finding("model", "engine", name, str(problem))
    reasons = (note_of(engine) or why_no_gpu(), why_chosen(engine)) if wanted == "auto" else ()
    why = "; ".join(filter(None, reasons))
    return Finding("model", "engine", f"{engine.name} on {engine.device}" + (f" ({why})" if why else ""))


def _library(path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield Finding("library", "file", f"{path}: none yet; the first scan makes it")
        yield _room(path)
        return
    try:
        health = examine(path)
    except StoreError as fault:
        yield Finding("library", "file", str(path), str(fault))
        return
    yield Finding("library", "file", f"{path}, {health.size / 1e6:,.1f} MB")
    old = "" if health.is_present else f"; the next command brings it to {SCHEMA_VERSION}, with a backup"
    yield Finding("library", "schema", f"{health.schema}{old}")
    counts = ", ".join(f"{count:,} {status}" for status, count in health.tracks.items())
    yield Finding("library", "tracks", counts or "none")
    mend = "move it away and scan again, or put back a backup"
    yield Finding(
        "library",
        "integrity",
        "damaged" if health.damage else "ok",
        f"{path}: {health.damage[0]}; {mend}" if health.damage else None,
    )
    yield Finding("library", "in use", "by another run, now" if health.held else "no")
    for backup in health.backups:
        yield Finding("library", "backup", str(backup))
    yield _room(path)


def _room(path: Path) -> Finding:
    """Whether the folder can be written to and has room."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    problem = None
    if path.exists() and not (os.access(folder, os.W_OK) and os.access(path, os.W_OK)):
        # Somebody else's, or on a read-only disk: that is no fault.
        reading = "may only be read: report and dry runs work, scan and writing do not"
        return Finding("library", "folder", f"{folder}, {reading}")
    if not os.access(folder, os.W_OK):
        problem = f"{folder}: cannot be written to; choose another place with --db"
    elif free < _LITTLE_ROOM:
        problem = f"{folder}: only {free / 1e6:,.0f} MB free; make room"
    return Finding("library", "folder", f"{folder}, {free / 1e9:,.1f} GB free", problem)


def _settings(resolved: Resolved) -> Iterator[Finding]:
    file = resolved.file
    yield Finding("settings", "config file", f"{file.path}{'' if file.path.exists() else ' (there is none)'}")
    for name, origin in resolved.origins.items():
        value = getattr(resolved.settings, name)
        yield Finding("settings", name, f"{_shown(value)}  ({origin})")


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, tuple):
        return str(value)
    more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN + 1 else ""
    return ", ".join(map(str, value[:_SHOWN] if more else value)) + more
