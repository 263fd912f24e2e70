"""Where a training run stands, on disk after each epoch, so that a kill costs at most one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.atomic import atomic_write
from audiotag.errors import ArchiveError, one_line
from audiotag.text import printable

if TYPE_CHECKING:
    import keras


@dataclass
class Progress:
    """history: one entry an epoch that is over (see train.py). minutes: spent in all runs.

    average: the sum of the last epochs' weights, as the recipe asks, and of how many.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    minutes: float = 0.0
    average: list[np.ndarray] = field(default_factory=list)
    averaged: int = 0

    def add(self, weights: list[np.ndarray]) -> None:
        """Take one more epoch's weights into the average."""
        values = [np.asarray(weight, np.float64) for weight in weights]
        self.average = [a + b for a, b in zip(self.average, values, strict=True)] if self.average else values
        self.averaged += 1


@dataclass(frozen=True)
class Checkpoint:
    """path: the file, which need not exist. run: what makes a run this one and no other
    (recipe, data, initial weights); a checkpoint of another run is refused."""

    path: Path
    run: dict[str, Any]

    def view(self, number: int, make: Callable[[], np.ndarray], resume: bool) -> np.ndarray:
        """Features of one view (views.py), kept beside the checkpoint: what cannot be loaded is made."""
        path = self.path.with_suffix(f".view{number}.npz")
        stated = json.dumps(self.run, sort_keys=True)
        if resume and path.exists():
            # One that is cut short, or not ours, brings about anything: it is made anew.
            with suppress(Exception), np.load(path, allow_pickle=False) as arrays:
                if str(arrays["run"]) == stated:
                    return np.asarray(arrays["features"])
        features = make()
        _write(path, {"run": np.array(stated), "features": features})
        return features

    def begun(self) -> bool:
        """Whether there is a checkpoint of this run. Raises ArchiveError for a damaged one, or one of
        another run."""
        if not self.path.exists():
            return False
        with self._opened():
            return True

    @contextmanager
    def _opened(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """(state, arrays). Raises ArchiveError as load() does."""
        path = printable(self.path)
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                state = json.loads(str(arrays["state"]))
                if state["run"] != json.loads(json.dumps(self.run)):
                    raise ArchiveError(
                        f"{path}: from a run with another recipe, data or initial weights; "
                        "give the same options, or remove the file to begin anew"
                    )
                yield state, arrays
        except ArchiveError:
            raise
        except Exception as fault:  # damage brings about anything
            raise ArchiveError(
                f"{path}: cannot be read as a checkpoint ({one_line(fault)}): remove it to begin anew"
            ) from fault

    def begin(self) -> None:
        """Make room for a new run: views of an older one go. Raises ArchiveError where an unfinished
        one is there, which may be hours of work."""
        if self.path.exists():
            raise ArchiveError(
                f"{printable(self.path)}: an unfinished run: add --resume to go on with it, "
                "or remove the file to begin anew"
            )
        self.remove()

    def remove(self) -> None:
        """Forget the run: it is complete."""
        self.path.unlink(missing_ok=True)
        for path in self.path.parent.glob(f"{self.path.stem}.view*.npz"):
            path.unlink(missing_ok=True)

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Model, optimizer and random states."""
        state = {
            "run": self.run,
            "history": progress.history,
            "minutes": progress.minutes,
            "averaged": progress.averaged,
        }
        arrays: dict[str, Any] = {"state": np.array(json.dumps(state))}
        arrays |= {f"variable_{i}": value for i, value in enumerate(_values(model))}
        arrays |= {f"average_{i}": value for i, value in enumerate(progress.average)}
        _write(self.path, arrays)

    def load(self, model: keras.Model) -> Progress:
        """Put a model and its optimizer, built as they were, back where they stood.

        Raises ArchiveError for a damaged checkpoint or one of another run.
        """
        with self._opened() as (state, arrays):
            for i, variable in enumerate(_variables(model)):
                variable.assign(arrays[f"variable_{i}"])
            count = sum(key.startswith("average_") for key in arrays.files)
            average = [arrays[f"average_{i}"] for i in range(count)]
        return Progress(state["history"], state["minutes"], average, state["averaged"])


def _write(path: Path, arrays: dict[str, Any]) -> None:
    with atomic_write(path) as file:
        np.savez(file, **arrays)


def _variables(model: keras.Model) -> list[Any]:
    """All that changes in training: weights, statistics, the seeds of dropout, the optimizer."""
    return [*model.variables, *model.optimizer.variables]


def _values(model: keras.Model) -> list[np.ndarray]:
    from keras import ops

    return [ops.convert_to_numpy(variable) for variable in _variables(model)]
