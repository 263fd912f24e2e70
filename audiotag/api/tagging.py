"""Genres into files, and back: the plan, the write, the undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from audiotag.api.answers import Answer, AnyPath, as_bytes, as_path
from audiotag.api.library import Library
from audiotag.errors import FileFault, UsageError
from audiotag.library.records import Judged
from audiotag.tags.plan import Planned, TagOptions, tag_all
from audiotag.tags.plan import plan as plan_all
from audiotag.tags.policy import Own, Policy, Prediction, Rules, decide
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import PlannedUndo, find_run, plan_undo, undo_all


@dataclass(frozen=True)
class TagRules:
    """How genres are decided on, as by `audiotag tag`.

    policy: where a genre is there already: leave it ('fill'), add to it ('append'), 'replace' it. top: genres
    a track at most. min_confidence: least probability, 0..1; None: each genre's own threshold. styles: each
    genre's styles after it. names: what is written for a genre or a style of the model, in any case of
    letters: a name, or several; an empty list silences it.
    """

    policy: Literal["fill", "append", "replace"] = "fill"
    top: int = 1
    min_confidence: float | None = None
    styles: bool = False
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keep_mtime: bool = False
    provenance: bool = False


@dataclass(frozen=True)
class FileOutcome:
    """What becomes, or became, of one file.

    old, new: its genres. changes: whether they differ. confidence: of the new genre, 0..1. reason: why the
    file is kept, or the policy. error: why it cannot be read or written; it is then as it was.
    """

    path: Path
    old: tuple[str, ...]
    new: tuple[str, ...]
    changes: bool
    confidence: float | None = None
    reason: str = ""
    error: str = ""


@dataclass(frozen=True)
class RunResult:
    """run: its number in the journal, which `undo` takes; None where nothing was written. files: all that
    were looked at. written: how many. failed: those with an error."""

    run: int | None
    files: tuple[FileOutcome, ...]

    @property
    def written(self) -> int:
        """How many files were changed."""
        return sum(one.changes and not one.error for one in self.files)

    @property
    def failed(self) -> tuple[FileOutcome, ...]:
        """Those that were to be changed, or read, and could not be."""
        return tuple(one for one in self.files if one.error)


def choose(
    answer: Answer,
    genres: Sequence[str],
    rules: TagRules | None = None,
    written: Sequence[str] = (),
    found: Sequence[str] = (),
) -> FileOutcome:
    """What becomes of a track that has these genres, by the same rules as a file's; nothing is read or
    written.

    For programs that keep genres themselves. written: what was chosen the last time, and may be updated
    unless somebody has changed it since. found: what was there before that.
    """
    styles: dict[str, list[Judged]] = {}
    for style in answer.styles:
        styles.setdefault(style.parent, []).append(Judged(style.name, style.probability, style.threshold))
    predicted = [
        Prediction(Judged(one.name, one.probability, one.threshold), tuple(styles.get(one.name, ())))
        for one in answer.genres
    ]
    own = Own(tuple(written), tuple(found)) if written else None
    decision = decide(tuple(genres), predicted, _options(rules or TagRules()).rules, own)
    changes = decision.action == "write"
    new = decision.new if changes else decision.old
    return FileOutcome(answer.path, decision.old, new, changes, decision.confidence, decision.reason)


def plan(library: Library, *paths: AnyPath, rules: TagRules | None = None) -> Iterator[FileOutcome]:
    """What `write` would do with every scanned file at or below `paths`, or with all; no file is changed.

    A write that would be refused has its error here already.
    """
    options = _options(rules or TagRules())
    for planned in plan_all(library.store, [as_bytes(path) for path in paths], options):
        yield _outcome(planned, planned.fault)


def write(library: Library, *paths: AnyPath, rules: TagRules | None = None) -> RunResult:
    """Write genres into the scanned files at or below `paths`, or into all, each as safely as `audiotag tag`
    does.

    The library is open for writing. Whatever ends this, each file is as it was or wholly written, and the
    journal knows which.
    """
    library.must_be_writable()
    options = _options(rules or TagRules())
    under = [as_bytes(path) for path in paths]
    with WritingSession(library.store, "tag") as session:
        files = tuple(
            _outcome(planned, fault) for planned, fault in tag_all(session, library.store, under, options)
        )
        return RunResult(session.run, files)


def undo(
    library: Library, *paths: AnyPath, run: int | None = None, dry_run: bool = False, keep_mtime: bool = False
) -> RunResult:
    """Put back what a run replaced, at or below `paths`, or all of it.

    run: its number; None: the last of `write` or `audiotag tag`, there. dry_run: only tell what would be put
    back. Files that were changed since are kept. Raises AudiotagError for a number that is no run.
    """
    if not dry_run:
        library.must_be_writable()
    under = [as_bytes(path) for path in paths]
    chosen = find_run(library.store, run, under)
    if chosen is None:
        return RunResult(None, ())
    done: Iterable[tuple[PlannedUndo, FileFault | None]]
    with nullcontext() if dry_run else WritingSession(library.store, "undo", chosen.id) as session:
        if session is None:
            done = ((planned, planned.fault) for planned in plan_undo(library.store, chosen, under))
        else:
            options = WriteOptions(keep_mtime=keep_mtime)
            done = undo_all(session, library.store, chosen, under, options)
        files = tuple(_put_back(planned, fault) for planned, fault in done)
        return RunResult(None if session is None else session.run, files)


def _options(rules: TagRules) -> TagOptions:
    if rules.policy not in [policy.value for policy in Policy]:
        raise UsageError(f"policy must be one of fill, append, replace, not {rules.policy!r}")
    names = {
        name.casefold(): (values,) if isinstance(values, str) else tuple(values)
        for name, values in rules.names.items()
    }
    decided = Rules(Policy(rules.policy), rules.top, rules.min_confidence, names, styles=rules.styles)
    return TagOptions(decided, rules.keep_mtime, provenance=rules.provenance)


def _outcome(planned: Planned, fault: FileFault | None) -> FileOutcome:
    decision = planned.decision
    changes = decision.action == "write" and fault is None
    return FileOutcome(
        as_path(planned.path),
        decision.old,
        decision.new if changes else decision.old,
        changes,
        decision.confidence,
        decision.reason,
        "" if fault is None else str(fault),
    )


def _put_back(planned: PlannedUndo, fault: FileFault | None) -> FileOutcome:
    changes = planned.action == "write" and fault is None
    return FileOutcome(
        as_path(planned.path),
        planned.old,
        planned.new if changes else planned.old,
        changes,
        reason=planned.reason,
        error="" if fault is None else str(fault),
    )
