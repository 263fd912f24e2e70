"""How genres are decided on by the settings: for `tag`, and for the report of what it would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.library.store import Store
    from audiotag.tags.policy import Rules


def rules_of(settings: Settings, store: Store) -> Rules:
    """Raises ConfigError for a map file that cannot be read."""
    from audiotag.library.embeddings import latest_space
    from audiotag.tags.genremap import load_genre_map
    from audiotag.tags.policy import Policy, Rules
    from audiotag.tags.sameness import sameness

    rules = Rules(
        Policy(settings.policy), settings.top, settings.min_confidence,
        placeholders=frozenset(sameness(text) for text in settings.placeholders), styles=settings.styles,
    )  # fmt: skip
    if settings.map is None:
        return rules
    space = latest_space(store)
    # A learnt model's words, and those of its network: one map may be for both.
    models = [store.latest_model(), None if space is None else space.model]
    known = [
        name
        for model in models
        if model is not None
        for name in (*model.genres, *(style.name for style in model.styles))
    ]
    return replace(rules, genre_map=load_genre_map(settings.map, known))
