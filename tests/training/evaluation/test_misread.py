"""The misread tracks, surest mistake first, with what the model says of every genre."""

from __future__ import annotations

import csv
import io

from audiotag.training.evaluation.misread import misread_columns, write_misread
from tests.training.predicted_tracks import FIFTEEN, random_evaluation


def test_misread_tracks_come_surest_first() -> None:
    evaluation = random_evaluation(own=FIFTEEN[:6])
    file = io.StringIO(newline="")
    count = write_misread(evaluation, file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert (
        tuple(rows[0])
        == misread_columns(FIFTEEN)
        == ("track_id", *FIFTEEN, "label", "top1", "top3", "predicted")
    )
    assert count == len(rows) == (~evaluation.right).sum()
    tops = [float(row[row["predicted"]]) for row in rows]
    assert tops == sorted(tops, reverse=True)
    for row in rows:
        percentages = sorted((float(row[genre]) for genre in FIFTEEN), reverse=True)
        assert 0 <= percentages[-1] <= percentages[0] == float(row[row["predicted"]]) <= 100
        assert row["label"] in FIFTEEN[:6]
        assert row["label"] != row["predicted"]
        assert row["top1"] == "0"
        assert (row["top3"] == "1") == (float(row[row["label"]]) >= percentages[2])
