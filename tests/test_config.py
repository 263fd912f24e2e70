"""Command line before environment before file before defaults; mistakes are named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotag.config import default_library_path, load_settings
from audiotag.errors import ConfigError, UsageError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_defaults_without_any_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings = load_settings({}, None, {})
    assert (settings.db, settings.windows, settings.engine) == (default_library_path(), "all", "auto")


def test_precedence(tmp_path: Path) -> None:
    config = written(tmp_path, 'jobs = 2\ntop = 2\ntimeout = 5\nengine = "onnx"\n')
    environment = {"AUDIOTAG_TOP": "3", "AUDIOTAG_TIMEOUT": "6"}
    settings = load_settings({"timeout": 7.0, "top": None}, config, environment)
    assert (settings.jobs, settings.top, settings.timeout, settings.engine) == (2, 3, 7.0, "onnx")


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, "windows = 4")
    assert load_settings({}, None, {"AUDIOTAG_CONFIG": str(config)}).windows == "4"


def test_paths_and_lists(tmp_path: Path) -> None:
    config = written(tmp_path, 'db = "~/x.db"\nexclude = ["*.tmp", "podcasts"]')
    settings = load_settings({}, config, {})
    assert settings.db == Path.home() / "x.db"
    assert settings.exclude == ("*.tmp", "podcasts")
    assert load_settings({}, config, {"AUDIOTAG_EXCLUDE": "a:b"}).exclude == ("a", "b")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("jbos = 2", "unknown setting jbos"),
        ('jobs = "two"', "jobs must be a whole number"),
        ("jobs = true", "jobs must be a whole number"),
        ("exclude = [1]", "exclude must be a list"),
        ("jobs = \n", "config.toml"),
        ('policy = "maybe"', "policy must be one of"),
        ('id3_version = "2"', "id3_version must be one of"),
        ('windows = "some"', "windows must be"),
        ("windows = 0", "windows must be"),
        ("min_confidence = 1.5", "min_confidence must be between"),
        ("batch_size = 0", "batch_size must be between 1"),
        ("timeout = nan", "timeout must be between"),
    ],
)
def test_mistakes_in_the_file_are_named(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=named):
        load_settings({}, written(tmp_path, text), {})


def test_a_mistake_on_the_command_line_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="windows must be"):
        load_settings({"windows": "0"}, None, {})


def test_mistakes_in_the_environment_are_named() -> None:
    with pytest.raises(ConfigError, match="AUDIOTAG_JOBS"):
        load_settings({}, None, {"AUDIOTAG_JOBS": "many"})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such config file"):
        load_settings({}, tmp_path / "gone.toml", {})
