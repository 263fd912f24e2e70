"""How `make docs` turns these pages into HTML."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sphinx.application import Sphinx  # noqa: E402

from audiotag import __version__  # noqa: E402

project = "audiotag"
release = version = __version__
author = "the authors of audiotag"
copyright = "AGPL-3.0-or-later"  # a licence instead of names and years

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

myst_heading_anchors = 3

# Nothing is decoded, trained or predicted here: what is heavy, or wants a GPU, is not even imported.
autodoc_mock_imports = [
    "av", "distributed", "essentia", "keras", "matplotlib", "onnx", "onnxruntime", "soundfile", "tensorflow",
]  # fmt: skip
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
# In the docstrings, `name` is code.
default_role = "code"

# Links to what lies outside docs/ work where the repository is browsed; here the model card is a page,
# and there is no README.
_MODEL_CARD = re.compile(r"\[(?:weights/MODEL_CARD\.md|([^]]*))\]\(\.\./weights/MODEL_CARD\.md\)")
_README = re.compile(r"\[([^]]*)\]\(\.\./README\.md\)")


def _stay_inside(app: Sphinx, page: str, content: list[str]) -> None:
    if page == "model-card":  # which only leads to it
        card = (ROOT / "weights" / "MODEL_CARD.md").read_text(encoding="utf-8")
        content[0] = re.sub(r"\]\((\w+\.png)\)", r"](../weights/\1)", card)
    content[0] = _MODEL_CARD.sub(lambda found: f"[{found[1] or 'the model card'}](model-card.md)", content[0])
    content[0] = _README.sub(r"\1", content[0])


# In a signature: defaults that nobody wants to read, and names that autodoc leaves in full beside a default.
_LONG_DEFAULT = re.compile(r"frozenset\(\{.*?\}\)|<factory>|FrontEnd\([^)]*\)")
_QUALIFIED = re.compile(r"~(?:\w+\.)+(\w+)")
# In a docstring: code between backticks, or a backslash outside of it; and a row of a table in blanks.
_BACKSLASH = re.compile(r"(`[^`]*`)|\\")
_TABLE_ROW = re.compile(r"^(\w\S*(?: \S+)*) {2,}(\S.*)$")


def _signature(
    app: Sphinx, what: str, name: str, thing: object, options: object, given: str | None, result: str | None
) -> tuple[str | None, str | None]:
    if getattr(thing, "_is_protocol", False):  # nobody calls it
        return "", None
    return given and _QUALIFIED.sub(r"\1", _LONG_DEFAULT.sub("...", given)), result


def _docstring(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    for at, line in enumerate(lines):
        line = _BACKSLASH.sub(lambda found: found[1] or r"\\", line)
        lines[at] = _TABLE_ROW.sub(r"| \1: \2", line)


def setup(app: Sphinx) -> None:
    app.connect("source-read", _stay_inside)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _docstring)


smartquotes = False  # it takes the dashes of options for others

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["code.css"]
html_title = f"audiotag {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
