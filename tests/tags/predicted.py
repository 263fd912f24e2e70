"""What a model without styles predicts of a track, made by hand."""

from __future__ import annotations

from audiotag.library.records import Judged
from audiotag.tags.policy import Prediction


def said(*genres: tuple[str, float] | tuple[str, float, float | None]) -> list[Prediction]:
    """Genres as a model without styles says them: (name, probability), or with a threshold, else 0.5."""
    return [Prediction(Judged(*genre) if len(genre) == 3 else Judged(*genre, 0.5)) for genre in genres]


PREDICTED = said(("Rock", 0.8), ("Folk", 0.6), ("Pop", 0.1))
