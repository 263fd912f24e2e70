"""What a shell may offer after an option: its choices, the library's genres, the models that there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import typer

from audiotag.errors import AudiotagError

Completion = Callable[[str], list[str]]


def one_of(metavar: str) -> Completion:
    """The choices of an option, as its usage line has them: `a|b|c`."""
    choices = metavar.split("|")

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete


def genres(context: typer.Context, incomplete: str) -> list[str]:
    """Genres of the line's library; none where that cannot be opened: a shell shows no errors."""
    from audiotag.config.sources import load_settings
    from audiotag.model.seen import open_seen

    with suppress(AudiotagError, OSError):
        given = {name: context.params.get(name) for name in ("db", "model")}
        settings = load_settings(given, context.params.get("config"))
        with open_seen(settings.db, settings.model, write=False) as store:
            model = store.latest_model()
        return [] if model is None else [name for name in model.genres if name.startswith(incomplete)]
    return []


def models(incomplete: str) -> list[str]:
    """The shipped models and those that have been learnt."""
    from audiotag.model.card import shipped_models
    from audiotag.model.learnt_file import learnt_names

    with suppress(AudiotagError, OSError):
        return [name for name in (*shipped_models(), *learnt_names()) if name.startswith(incomplete)]
    return []
