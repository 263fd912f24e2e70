"""What is handed on: a wheel runs by itself, an sdist can be tested, an editable install copies nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]
CODE = {str(path.relative_to(ROOT)) for path in (ROOT / "audiotag").rglob("*.py")} | {"beetsplug/audiotag.py"}
# Of `report --html`: its scripts, styles, and the library that draws, with its licences.
PAGE = {
    str(path.relative_to(ROOT))
    for path in (ROOT / "audiotag/reports/page").rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc")
}
WEIGHTS = {path.name for path in (ROOT / "weights").iterdir()}


def files_of(builder: type[SdistBuilder] | type[WheelBuilder]) -> set[str]:
    return {file.distribution_path for file in builder(str(ROOT)).recurse_included_files()}


def test_a_wheel_holds_code_weights_the_page_and_the_mark_of_typed_code() -> None:
    assert {
        f"audiotag/reports/page/{name}" for name in ("page.html", "vendor/drawing.min.js.LICENSES.txt")
    } <= PAGE
    expected = CODE | PAGE | {f"audiotag/weights/{name}" for name in WEIGHTS} | {"audiotag/py.typed"}
    assert files_of(WheelBuilder) == expected


def test_an_sdist_holds_what_its_checks_need() -> None:
    files = files_of(SdistBuilder)
    assert files >= CODE | PAGE | {f"weights/{name}" for name in WEIGHTS}
    assert files >= {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.py")}
    assert files >= {
        "Makefile",
        "hatch_build.py",
        "README.md",
        "CHANGELOG.md",
        "requirements-dev.lock",
        "docs/tagging.md",
    }


def test_an_editable_install_leaves_the_weights_where_they_are() -> None:
    config = WheelBuilder(str(ROOT)).config
    assert config.dev_mode_dirs == ["."]
    assert config.get_force_include() == {}


@pytest.mark.parametrize("name", ["uv.lock", ".gitignore", ".ci"])
def test_a_wheel_holds_nothing_of_the_workshop(name: str) -> None:
    assert not {path for path in files_of(WheelBuilder) if name in path}
