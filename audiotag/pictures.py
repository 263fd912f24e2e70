"""What all our pictures share: PNG files, drawn by matplotlib.

Its Figure is used directly: no window system, no state between pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotag.atomic import atomic_write
from audiotag.own_folders import keep_quiet
from audiotag.text import escaped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 110


def figure_of(width: float, height: float) -> Figure:
    """An empty one, in inches."""
    keep_quiet()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def picture(width: float, height: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """One with so many panels beside each other."""
    figure = figure_of(width, height)
    return figure, list(np.atleast_1d(figure.subplots(1, panels)))


def save(figure: Figure, path: Path) -> None:
    """Write it as PNG, whole or not at all."""
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=_DPI)


def plain(text: str) -> str:
    """A genre may be called anything: between two dollars matplotlib would read a formula."""
    return escaped(text).replace("$", r"\$")
