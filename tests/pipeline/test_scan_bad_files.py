"""One bad file costs only itself: it is recorded with its reason, and the rest goes on."""

from __future__ import annotations

import os
import shutil
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.pipeline import predict as predict_module
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.scans import QUICK, Library


class TestBadFiles:
    def test_each_is_recorded_with_its_reason_and_the_rest_goes_on(
        self, library: Library, music: Path
    ) -> None:
        (music / "text.flac").write_text("no music at all\n" * 99)
        (music / "empty.mp3").touch()
        (music / "picture.ogg").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
        (music / "folder.mp3").mkdir()
        data = (music / "one.flac").read_bytes()
        (music / "half.flac").write_bytes(data[: len(data) // 8])
        make_audio(music / "jingle.wav", tone(1.0, 22_050), 22_050)
        summary = library.scan(music)
        assert summary.predicted == 3
        assert summary.too_short >= 1
        failed = {os.path.basename(path): reason for path, reason in summary.failures}
        assert failed[b"empty.mp3"] == "the file is empty"
        assert {b"text.flac", b"empty.mp3", b"picture.ogg"} <= set(failed)
        tracks = library.tracks()
        assert tracks["jingle.wav"].status == "too-short"
        assert "1.0 s" in str(tracks["jingle.wav"].error)
        assert tracks["text.flac"].status == "failed"
        assert len(tracks) == 8

    def test_they_are_not_tried_again_until_asked_or_changed(
        self, library: Library, music: Path, sound: Path
    ) -> None:
        bad = music / "bad.flac"
        bad.write_text("no music")
        assert len(library.scan(music).failures) == 1
        again = library.scan(music)
        assert (len(again.failures), again.failed_before, again.decoded) == (0, 1, 0)
        assert len(library.scan(music, options=replace(QUICK, retry_failed=True)).failures) == 1
        shutil.copyfile(sound, bad)
        assert library.scan(music).predicted == 1
        assert library.tracks()["bad.flac"].status == "ok"

    @pytest.mark.parametrize("rate", [1, 20_000_000, 2_147_483_647])
    def test_a_damaged_header_costs_that_file_alone(self, rate: int, library: Library, music: Path) -> None:
        with wave.open(str(music / "damaged.wav"), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
            file.writeframes(bytes(range(256)) * 500)
        summary = library.scan(music)
        assert summary.predicted == 3
        ((path, reason),) = summary.failures
        assert (os.path.basename(path), "header is damaged" in reason) == (b"damaged.wav", True)

    def test_what_nobody_foresaw_costs_that_file_alone(
        self, library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(predict_module, "ExtractTask", _UnforeseenTask)
        summary = library.scan(music)
        assert summary.predicted == 2
        assert [reason for _, reason in summary.failures] == ["MemoryError: too much"]

    def test_names_may_be_any_bytes(self, library: Library, music: Path, sounds: list[Path]) -> None:
        names = [b"\xff\xfe.flac", b"new\nline.flac", b"quo'te\".flac", "é🎵.flac".encode()]
        for name, sound in zip(names, sounds[3:], strict=True):
            shutil.copyfile(os.fsencode(sound), os.path.join(os.fsencode(music), name))
        assert library.scan(music).predicted == 7


class _UnforeseenTask(ExtractTask):
    """A task in whose depths something breaks."""

    def __call__(self, job: ExtractJob) -> Extracted:
        from audiotag.pipeline import extract as extract_module

        def broken(*arguments: object) -> object:
            raise MemoryError("too much")

        original = extract_module.extract
        if job.found.path.endswith(b"one.flac"):
            extract_module.extract = broken  # type: ignore[assignment]
        try:
            return super().__call__(job)
        finally:
            extract_module.extract = original
