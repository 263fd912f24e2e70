"""What is handed on: a wheel runs by itself, an sdist can be tested, an editable install copies nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from audiotag.reports.page.assets import VENDORED
from hatch_build import readme_alone

ROOT = Path(__file__).parents[1]
CODE = {str(path.relative_to(ROOT)) for path in (ROOT / "audiotag").rglob("*.py")} | {"beetsplug/audiotag.py"}
# Of `report --html`: its scripts, styles, and the library that draws, without what makes it.
PAGE = {
    str(path.relative_to(ROOT))
    for path in (ROOT / "audiotag/reports/page").rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc") and path.parent.name != "vendor"
} | {f"audiotag/reports/page/{VENDORED}"}
WEIGHTS = {path.name for path in (ROOT / "weights").iterdir()}


def files_of(builder: type[SdistBuilder] | type[WheelBuilder]) -> set[str]:
    return {file.distribution_path for file in builder(str(ROOT)).recurse_included_files()}


def test_a_wheel_holds_code_weights_the_page_and_the_mark_of_typed_code() -> None:
    assert "audiotag/reports/page/page.html" in PAGE
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
        "audiotag/reports/page/vendor/make.sh",
    }


def test_an_editable_install_leaves_the_weights_where_they_are() -> None:
    config = WheelBuilder(str(ROOT)).config
    assert config.dev_mode_dirs == ["."]
    assert config.get_force_include() == {}


@pytest.mark.parametrize("name", ["uv.lock", ".gitignore", ".ci"])
def test_a_wheel_holds_nothing_of_the_workshop(name: str) -> None:
    assert not {path for path in files_of(WheelBuilder) if name in path}


class TestWhatAnIndexShows:
    @pytest.fixture
    def metadata(self) -> Any:
        metadata: ProjectMetadata[Any] = ProjectMetadata(str(ROOT), PluginManager())
        return metadata.core

    def test_the_readme_leads_nowhere_that_is_not_there(self, metadata: Any) -> None:
        assert metadata.readme.startswith("# audiotag\n")
        assert metadata.readme_content_type == "text/markdown"
        links = re.findall(r"\]\(([^)]+)\)", metadata.readme)
        assert [link for link in links if not link.startswith("https://")] == []
        named = re.findall(r"\(`(\w[^`]+)`\)", metadata.readme)
        assert "docs/commands.md" in named
        assert named == [place for place in named if (ROOT / place).is_file()]

    @pytest.mark.parametrize(
        ("text", "alone"),
        [
            ("[Commands](docs/x.md), [x](CHANGELOG.md)", "Commands (`docs/x.md`), x (`CHANGELOG.md`)"),
            ("[here](https://x.org/a) [below](#below)", "[here](https://x.org/a) [below](#below)"),
            ("![The page](docs/a.png)", "*The page: `docs/a.png`*"),
        ],
    )  # fmt: skip
    def test_files_are_named(self, text: str, alone: str) -> None:
        assert readme_alone(text) == alone

    def test_the_pythons_are_those_that_it_asks_for(self, metadata: Any) -> None:
        named = [one.rpartition(" :: ")[2] for one in metadata.classifiers if " :: Python :: 3." in one]
        assert named == ["3.10", "3.11", "3.12", "3.13", "3.14"]
        within = [f"3.{minor}" for minor in range(20) if f"3.{minor}" in metadata.python_constraint]
        assert within == named

    def test_licences_of_what_is_not_ours_are_with_ours(self, metadata: Any) -> None:
        assert metadata.license_files == ["LICENSE", f"audiotag/reports/page/{VENDORED}.LICENSES.txt"]
