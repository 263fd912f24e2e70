"""A sheet as one JSON object; its keys stay."""

from __future__ import annotations

from dataclasses import asdict

from audiotag.errors import kind_of
from audiotag.library.records import Judged, Track
from audiotag.model.card import ModelCard
from audiotag.reports.alike import alike_row
from audiotag.reports.rows import path_text, report_status, rounded
from audiotag.reports.sheet import Sheet


def sheet_object(sheet: Sheet, card: ModelCard) -> dict[str, object]:
    """Everything; null, or an empty list, where there is nothing. card: of the model that listened."""
    track, tags = sheet.track, sheet.tags
    known = None if track is None or not sheet.in_library else track.info.tags
    return {
        "path": path_text(sheet.path),
        "in_library": sheet.in_library,
        "file": sheet.state,
        **_of_track(track),
        "library_tags": None if known is None or not known.container else {"genres": known.genres},
        "file_tags": None if tags is None else asdict(tags) | {"fault": tags.fault or None},
        "tag": _planned(sheet),
        "journal": [asdict(past) | {"path": path_text(past.path)} for past in sheet.past],
        "neighbours": [alike_row(place, near) for place, near in enumerate(sheet.neighbours, 1)],
        "why_no_neighbours": sheet.why_alone or None,
        "same_recording": [{"path": path_text(path), "how": how} for path, how in sheet.copies],
        **_heard(sheet, card),
    }


def _of_track(track: Track | None) -> dict[str, object]:
    """The columns of a report, with thresholds."""
    if track is None:
        track_values: dict[str, object] = dict.fromkeys(
            ("status", "error_kind", "error", "todo", "artist", "album", "title", "duration",
             "year", "scanned_at", "model", "windows_heard")
        )  # fmt: skip
        return track_values | {"genres": [], "styles": []}
    kind = None if track.error_kind is None else kind_of(track.error_kind)
    parents = {} if track.model is None else {style.name: style.parent for style in track.model.styles}
    return {
        "status": report_status(track),
        "error_kind": track.error_kind,
        "error": track.error,
        "todo": None if kind is None else kind.todo,
        "artist": track.info.artist,
        "album": track.info.album,
        "title": track.info.title,
        "year": track.info.year,
        "duration": rounded(track.duration, 2),
        "scanned_at": track.scanned_at,
        "model": None if track.model is None else track.model.identity,
        "windows_heard": track.windows,
        "genres": [{"genre": one.name, **_judged(one)} for one in track.judged()],
        "styles": [
            {"style": one.name, "genre": parents[one.name], **_judged(one)} for one in track.judged_styles()
        ],
    }


def _judged(one: Judged) -> dict[str, object]:
    return {
        "probability": rounded(one.probability),
        "threshold": rounded(one.threshold),
        "reaches": one.reaches,
    }


def _planned(sheet: Sheet) -> dict[str, object] | None:
    planned = sheet.planned
    if planned is None:
        return None
    decision = planned.decision
    return {
        "action": decision.action if planned.fault is None else "failed",
        "old": decision.old if planned.genre_known else None,
        "new": decision.new if planned.genre_known else None,
        "reason": decision.reason,
        "error": (planned.detail or None) if planned.fault is None else str(planned.fault),
    }


def _heard(sheet: Sheet, card: ModelCard) -> dict[str, object]:
    heard = sheet.heard
    if heard is None or heard.over_time is None:
        kind, reason = (None, sheet.why_not_heard) if heard is None else heard.fault or (None, "")
        return {"heard": {"model": None, "error_kind": kind, "error": reason}, "windows": []}
    over_time = heard.over_time
    rows = zip(over_time.starts.tolist(), over_time.probabilities.tolist(), strict=True)
    return {
        "heard": {
            "model": card.identity,
            "error_kind": None,
            "error": None,
            "seconds": round(over_time.seconds, 2),
            "window_seconds": round(over_time.window_seconds, 3),
        },
        "windows": [
            {
                "start": round(start, 2),
                "probabilities": {
                    genre: rounded(value) for genre, value in zip(card.genres, row, strict=True)
                },
            }
            for start, row in rows
        ],
    }
