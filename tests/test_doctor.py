"""The doctor tells what is in use, finds what is wrong, and changes nothing."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import namedtuple
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiotag.audio.workers import WorkerDied
from audiotag.cli import app
from audiotag.config.sources import Resolved, resolve
from audiotag.doctor import (
    Finding,
    _decoders,
    _engine,
    _installation,
    _library,
    _model,
    _outputs,
    _packages,
    _room,
    _settings,
    _try_decoder,
)
from audiotag.errors import EngineError
from audiotag.library.health import examine
from audiotag.library.migrate import backup_path
from audiotag.library.records import StyleOutput
from audiotag.library.schema import SCHEMA_VERSION
from audiotag.library.store import Store
from audiotag.model.card import GenreOutput, load_card
from audiotag.model.learnt_file import save_learnt
from tests.helpers.big_library import made_card
from tests.helpers.command import Run
from tests.helpers.learnt_models import model
from tests.helpers.people import as_somebody_else, open_folder
from tests.helpers.tracks import failed, track


def problems(findings: list[Finding]) -> list[str]:
    return [finding.problem for finding in findings if finding.problem is not None]


def filled(path: Path, count: int = 500) -> Path:
    with Store(path, write=True) as store:
        for number in range(count):
            store.put(track(b"/m/%04d.mp3" % number, [1.0, 0.0, 0.0]))
        store.put(failed(b"/m/x.mp3"))
        store.set_missing(b"/m/0001.mp3", True)
    return path


class TestLibrary:
    def test_a_whole_one(self, tmp_path: Path) -> None:
        health = examine(filled(tmp_path / "l.db"))
        assert health.tracks == {"failed": 1, "missing": 1, "ok": 499}
        assert (health.schema, health.damage, health.held, health.backups) == (SCHEMA_VERSION, (), False, ())
        assert problems(list(_library(tmp_path / "l.db"))) == []

    def test_one_that_another_run_holds(self, tmp_path: Path) -> None:
        with Store(tmp_path / "l.db", write=True):
            assert examine(tmp_path / "l.db").held
        assert not examine(tmp_path / "l.db").held

    def test_a_damaged_one_is_named_and_left_alone(self, tmp_path: Path) -> None:
        path = filled(tmp_path / "l.db")
        data = bytearray(path.read_bytes())
        data[8_192:] = os.urandom(len(data) - 8_192)
        path.write_bytes(data)
        (problem,) = problems(list(_library(path)))
        assert str(path) in problem
        assert "put back a backup" in problem
        assert path.read_bytes() == data

    def test_a_foreign_one(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.db"
        path.write_text("these are notes, not a library\n" * 50)
        (problem,) = problems(list(_library(path)))
        assert "not an audiotag library; choose another file with --db" in problem

    def test_one_that_was_brought_up_to_date_has_its_backup_named(self, tmp_path: Path) -> None:
        path = filled(tmp_path / "l.db", 1)
        backup = backup_path(path, 2)
        backup.touch()
        assert Finding("library", "backup", str(backup)) in list(_library(path))

    def test_none_yet(self, tmp_path: Path) -> None:
        findings = list(_library(tmp_path / "sub" / "l.db"))
        assert "none yet" in findings[0].value
        assert not (tmp_path / "sub").exists()


class TestRoom:
    def test_a_place_that_cannot_be_written_to(self) -> None:
        with open_folder() as folder:
            finding = as_somebody_else(lambda: _room(folder / "sub/l.db"))
        assert finding.problem == f"{folder}: cannot be written to; choose another place with --db"

    def test_a_disk_that_is_nearly_full(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage(2e9, 1.95e9, 50e6))
        assert _room(tmp_path / "l.db").problem == f"{tmp_path}: only 50 MB free; make room"


class TestWhatIsInstalled:
    def test_a_package_that_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def version(name: str) -> str:
            if name in ("av", "essentia", "distributed"):
                raise PackageNotFoundError(name)
            return "1.0"

        monkeypatch.setattr("audiotag.doctor.version", version)
        assert problems(list(_packages())) == ["av is missing; install audiotag again"]

    @pytest.mark.parametrize(
        ("there", "problem"),
        [
            ((), ["essentia is missing: pip install 'audiotag[light]'"]),
            (("essentia",), []),
            (("essentia-tensorflow",), []),
            (("essentia", "essentia-tensorflow"),
             ["essentia-tensorflow and essentia: pip uninstall essentia-tensorflow essentia, "
              "then install one of them"]),
        ],
    )  # fmt: skip
    def test_one_essentia_and_no_more(
        self, there: tuple[str, ...], problem: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def version(name: str) -> str:
            if "essentia" in name and name not in there:
                raise PackageNotFoundError(name)
            return "1.0"

        monkeypatch.setattr("audiotag.doctor.version", version)
        assert problems(list(_packages())) == problem

    @pytest.mark.parametrize(
        ("name", "value"), [("platform.machine", lambda: "aarch64"), ("sys.version_info", (3, 14))]
    )
    def test_where_there_is_no_essentia_to_be_had_it_is_not_missed(
        self, name: str, value: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def version(name: str) -> str:
            if "essentia" in name:
                raise PackageNotFoundError(name)
            return "1.0"

        monkeypatch.setattr("audiotag.doctor.version", version)
        monkeypatch.setattr(f"audiotag.extras.{name}", value)
        found = list(_packages())
        assert problems(found) == []
        nothing = "no package for this machine, and no need of it"
        assert Finding("packages", "essentia", nothing) in found

    @pytest.mark.parametrize(
        ("lacks", "kind", "to_add"),
        [
            ((), "full", ()),
            (("distributed",), "full", ("dask (scan --dask)",)),
            (("tensorflow", "onnx", "matplotlib", "sklearn", "openTSNE", "scipy", "distributed"), "light",
             ("learn (learn)", "map (the map of report --html)", "gpu (--engine tensorflow)")),
            (("tensorflow", "onnx"), "light, with learn, map, pictures", ("train (train)",)),
        ],
    )  # fmt: skip
    def test_light_is_no_fault(
        self, lacks: tuple[str, ...], kind: str, to_add: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("audiotag.extras.is_there", lambda module: module not in lacks)
        first, *rest = _installation()
        assert first == Finding("program", "installation", kind)
        assert len(rest) == bool(to_add)
        assert problems(rest) == []
        for extra in to_add:
            assert extra in rest[0].value

    def test_decoders_that_do_not_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        outcomes = [WorkerDied(("Essentia", "test.wav")), ("PyAV", "heard 3 samples of a test file")]
        monkeypatch.setattr("audiotag.doctor.run_workers", lambda _task, _items, _jobs: outcomes)
        assert problems(list(_decoders())) == [
            "Essentia: its process died; install audiotag again",
            "PyAV: heard 3 samples of a test file",
        ]

    def test_essentia_may_be_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def works(_task: object, items: list[tuple[str, str]], _jobs: int) -> list[tuple[str, None]]:
            asked.extend(name for name, _ in items)
            return [(name, None) for name, _ in items]

        monkeypatch.setattr("audiotag.doctor.is_there", lambda _name: False)
        monkeypatch.setattr("audiotag.doctor.run_workers", works)
        findings = list(_decoders())
        assert problems(findings) == []
        assert asked == ["libsndfile", "PyAV"]
        assert findings[-1].value.startswith("not installed")

    def test_a_decoder_that_refuses(self, tmp_path: Path) -> None:
        (tmp_path / "text.wav").write_text("no sound")
        name, problem = _try_decoder(("PyAV", str(tmp_path / "text.wav")))
        assert name == "PyAV"
        assert problem is not None
        assert problem.endswith("; install audiotag again")

    @pytest.mark.parametrize(
        ("fault", "problem"),
        [
            (EngineError("engine 'onnx' is not installed"), "engine 'onnx' is not installed"),
            (ImportError("libcudart.so: no such file"),
             "ImportError: libcudart.so: no such file; try another --engine"),
        ],
    )  # fmt: skip
    def test_an_engine_that_does_not_start(
        self, fault: Exception, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object) -> None:
            raise fault

        monkeypatch.setattr("audiotag.doctor.open_engine", fail)
        assert _engine(made_card(tmp_path), "onnx").problem == problem


def resolved(tmp_path: Path, **given: object) -> Resolved:
    (tmp_path / "config.toml").write_text("jobs = 2\n")
    return resolve(given, tmp_path / "config.toml", {})


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = problems(list(_model(resolved(tmp_path, model="nonsense"))))
    assert "no model 'nonsense'" in problem


def test_genres_are_shown_with_their_thresholds_and_their_styles(tmp_path: Path) -> None:
    outputs = (GenreOutput("Folk", threshold=0.4), GenreOutput("Live"), GenreOutput("Rock", threshold=0.625))
    styles = (StyleOutput("Punk", "Rock", 0.3), StyleOutput("Skiffle", "Folk", 0.5))
    card = replace(made_card(tmp_path), outputs=outputs, styles=styles)
    assert [(finding.name, finding.value) for finding in _outputs(card)] == [
        ("genres and their thresholds", "Folk 0.40, Rock 0.62"),
        ("not written by default", "Live"),
        ("styles of Folk", "Skiffle 0.50"),
        ("styles of Rock", "Punk 0.30"),
    ]


def test_each_setting_is_shown_with_its_place(tmp_path: Path) -> None:
    shown = {finding.name: finding.value for finding in _settings(resolved(tmp_path, top=2))}
    assert shown["jobs"] == f"2  ({tmp_path}/config.toml, line 1)"
    assert shown["top"] == "2  (command line)"
    assert shown["engine"] == "auto  (default)"
    assert shown["styles"] == "no  (default)"


class TestCommand:
    def test_all_is_well(self, audiotag: Run, known: Path) -> None:
        done = audiotag("doctor")
        assert done.returncode == 0, done.stdout + done.stderr
        for line in (
            "libsndfile: works; MP3, FLAC, WAV, AIFF first",
            "PyAV: works; everything else, and what libsndfile cannot read",
            "Essentia: works; files at which the others crash",
            "integrity: ok",
            "tracks: 2 ok",
        ):
            assert f"  {line}\n" in done.stdout
        assert re.search(r"  engine: (onnx|openvino) on CPU", done.stdout)
        assert "  tracks: 2 ok\n" in done.stdout

    def test_as_json(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for part in ("decoders", "model"):  # which take seconds to try
            found = [Finding(part, "name", "works")]
            monkeypatch.setattr(f"audiotag.doctor._{part}", lambda *_arguments, found=found: found)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        (tmp_path / "library.db").write_text("no library " * 99)
        before = signal.getsignal(signal.SIGTERM)
        done = CliRunner().invoke(app, ["doctor", "--json", "--db", str(tmp_path / "library.db")])
        signal.signal(signal.SIGTERM, before)  # a command takes it for itself
        assert done.exit_code == 1
        told = [json.loads(line) for line in done.stdout.splitlines()]
        wrong = [finding for finding in told if finding["problem"]]
        assert [(finding["section"], finding["name"]) for finding in wrong] == [("library", "file")]
        assert {"program", "packages", "decoders", "model", "library", "settings"} == {
            finding["section"] for finding in told
        }

    def test_a_wrong_config_is_one_line(self, audiotag: Run, tmp_path: Path) -> None:
        config = tmp_path / "c.toml"
        config.write_text("jbos = 3\n")
        done = audiotag("doctor", "--config", config)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert f"{config}, line 1: unknown setting jbos" in done.stderr


def test_a_learnt_model_is_named_beside_its_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And when the network has changed since, that is wrong, and how to mend it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    in_use = resolve({"model": "mine", "engine": "onnx"})
    save_learnt(model(load_card().identity))
    found = {finding.name: finding for finding in _model(in_use)}
    assert (found["learnt"].value, found["learnt"].problem) == ("mine", None)
    assert found["genres and their thresholds"].value == "Krautrock 0.60, Jazz 0.50"
    save_learnt(model("resnet50-000000000000"))
    (problem,) = problems(list(_model(in_use)))
    assert "learn --update --name mine" in problem
