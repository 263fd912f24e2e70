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

# Nothing is heard, trained or predicted here: what is heavy, or wants a GPU, is not even imported.
autodoc_mock_imports = [
    "av", "distributed", "essentia", "keras", "matplotlib", "onnx", "onnxruntime", "tensorflow",
]  # fmt: skip
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
# In the docstrings, `name` is code.
default_role = "code"

# Links to what lies outside docs/ work where the repository is browsed; here they lead to these pages.
_OUTSIDE = {"](../README.md)": "](index.md)", "](../weights/MODEL_CARD.md)": "](model-card.md)"}


def _stay_inside(app: Sphinx, page: str, content: list[str]) -> None:
    if page == "model-card":  # which only leads to it
        card = (ROOT / "weights" / "MODEL_CARD.md").read_text(encoding="utf-8")
        content[0] = re.sub(r"\]\((\w+\.png)\)", r"](../weights/\1)", card)
    for link, ours in _OUTSIDE.items():
        content[0] = content[0].replace(link, ours)


def setup(app: Sphinx) -> None:
    app.connect("source-read", _stay_inside)


smartquotes = False  # it takes the dashes of options for others

html_theme = "furo"
html_title = f"audiotag {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
