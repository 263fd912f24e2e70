"""Command line before environment before file before defaults; mistakes are named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotag.config.sources import default_library_path, load_settings, resolve
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
    assert load_settings({}, config, {"AUDIOTAG_INCLUDE": "videos"}).include == ("videos",)


def test_placeholders_are_a_list_that_may_be_empty(tmp_path: Path) -> None:
    assert "Unknown" in load_settings({}, written(tmp_path, ""), {}).placeholders
    config = written(tmp_path, 'placeholders = ["To do"]')
    assert load_settings({}, config, {}).placeholders == ("To do",)
    assert load_settings({}, config, {"AUDIOTAG_PLACEHOLDERS": "a:b c"}).placeholders == ("a", "b c")
    assert load_settings({}, config, {"AUDIOTAG_PLACEHOLDERS": ""}).placeholders == ()
    assert load_settings({}, written(tmp_path, "placeholders = []"), {}).placeholders == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("jbos = 2", "config.toml, line 1: unknown setting jbos; did you mean jobs"),
        ('jobs = "two"', "jobs must be a whole number"),
        ("jobs = true", "jobs must be a whole number"),
        ("exclude = [1]", "exclude must be a list"),
        ('include = ["films"]', "include must be one of videos, audiobooks, not 'films'"),
        ("jobs = \n", "config.toml"),
        ('policy = "maybe"', "policy must be one of"),
        ('id3_version = "2"', "id3_version must be one of"),
        ('windows = "some"', "windows must be"),
        ("windows = 0", "windows must be"),
        ("min_confidence = 1.5", "min_confidence must be between"),
        ("batch_size = -1", "batch_size must be between 0"),
        ("timeout = nan", "timeout must be between"),
    ],
)
def test_mistakes_in_the_file_are_named(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=named):
        load_settings({}, written(tmp_path, text), {})


def test_a_mistake_on_the_command_line_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="windows must be"):
        load_settings({"windows": "0"}, None, {})


@pytest.mark.parametrize(
    ("variable", "text", "wanted"),
    [("JOBS", "many", "whole number"), ("TIMEOUT", "long", "number"), ("STYLES", "some", "yes or no")],
)
def test_mistakes_in_the_environment_are_named(variable: str, text: str, wanted: str) -> None:
    with pytest.raises(ConfigError, match=f"AUDIOTAG_{variable}: {variable.lower()} must be a {wanted}"):
        load_settings({}, None, {f"AUDIOTAG_{variable}": text})


def test_a_switch_may_be_turned_on_and_off_everywhere(tmp_path: Path) -> None:
    on = written(tmp_path, "styles = true")
    assert not load_settings({}, written(tmp_path, ""), {}).styles
    on = written(tmp_path, "styles = true")
    assert load_settings({}, on, {}).styles
    for text in ("no", "FALSE", "0", "off"):
        assert not load_settings({}, on, {"AUDIOTAG_STYLES": text}).styles
    for text in ("yes", "true", "1", "On"):
        assert load_settings({}, written(tmp_path, ""), {"AUDIOTAG_STYLES": text}).styles
    assert not load_settings({"styles": False}, on, {"AUDIOTAG_STYLES": "yes"}).styles


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such config file"):
        load_settings({}, tmp_path / "gone.toml", {})


LIBRARIES = """
jobs = 3
exclude = ["*.tmp"]

[library.classical]
db = "~/classical.db"
paths = ["~/Classical", "/srv/more"]
exclude = ["*/Rehearsals/*"]
min_confidence = 0.6

[library.spoken]
paths = ["/srv/spoken"]
"""


class TestLibraries:
    """What the file says of one library counts for that one alone."""

    def test_the_section_is_found_by_the_library_s_file(self, tmp_path: Path) -> None:
        config = written(tmp_path, LIBRARIES)
        settings = load_settings({"db": Path.home() / "classical.db"}, config, {})
        assert (settings.min_confidence, settings.exclude) == (0.6, ("*/Rehearsals/*",))
        assert settings.paths == (str(Path.home() / "Classical"), "/srv/more")
        assert settings.jobs == 3
        other = load_settings({"db": Path("/elsewhere.db")}, config, {})
        assert (other.min_confidence, other.exclude, other.paths) == (None, ("*.tmp",), ())

    def test_a_library_may_be_called_by_its_name(self, tmp_path: Path) -> None:
        config = written(tmp_path, LIBRARIES)
        assert load_settings({"db": Path("classical")}, config, {}).db == Path.home() / "classical.db"
        spoken = load_settings({}, config, {"AUDIOTAG_DB": "spoken"})
        assert (spoken.db, spoken.paths) == (default_library_path("spoken"), ("/srv/spoken",))

    def test_environment_and_command_line_go_before_it(self, tmp_path: Path) -> None:
        config = written(tmp_path, LIBRARIES)
        given = {"db": Path("classical"), "exclude": ("x",)}
        settings = load_settings(given, config, {"AUDIOTAG_MIN_CONFIDENCE": "0.7"})
        assert (settings.exclude, settings.min_confidence) == (("x",), 0.7)

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("[library.a]\npahts = []", "line 2: unknown setting pahts; did you mean paths"),
            ("jobs = 1\n[library.a]\njobs = 'x'", "line 3: jobs must be a whole number"),
            ("[library.a]\ndb = '/a.db'\ntop = 0", "line 3: top must be between"),
            ("library = 3", "line 1: library must be tables"),
            ("[library]\ndb = 'x'", "library must be tables"),
        ],
    )
    def test_mistakes_are_named_with_their_line(self, text: str, named: str, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=named):
            load_settings({"db": Path("/a.db")}, written(tmp_path, text), {})

    def test_where_each_value_comes_from(self, tmp_path: Path) -> None:
        config = written(tmp_path, LIBRARIES)
        resolved = resolve({"db": Path("classical"), "top": 2}, config, {"AUDIOTAG_TIMEOUT": "5"})
        assert resolved.origins["db"] == "library classical, command line"
        assert resolved.origins["top"] == "command line"
        assert resolved.origins["timeout"] == "environment AUDIOTAG_TIMEOUT"
        assert resolved.origins["jobs"] == f"{config}, line 2"
        assert resolved.origins["exclude"] == f"{config}, line 8"
        assert resolved.origins["engine"] == "default"
