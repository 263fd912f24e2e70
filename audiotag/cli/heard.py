"""A word on libraries that an older network of the model has heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotag.cli.output import Messages

if TYPE_CHECKING:
    from audiotag.library.records import StoredModel
    from audiotag.model.card import ModelCard


def say_who_heard(heard_by: str, card: ModelCard, voice: Messages) -> None:
    """What to do where the library was heard by another network than this."""
    if heard_by != card.identity:
        voice.say(f"The library was heard by {heard_by}; 'audiotag scan' listens anew, by {card.identity}.")


def say_if_outdated(heard_by: StoredModel | None, model: str, voice: Messages) -> None:
    """The same where it was an older network of the model that is asked for: what is known goes on to count.

    heard_by: the library's latest_model. Raises ModelError where there is no such model.
    """
    from audiotag.model.card import load_card
    from audiotag.model.learnt_file import load_named

    if heard_by is None or load_named(model) is not None:
        return  # of a learnt one it is a fault, see model/seen.py
    card = load_card(model)
    if heard_by.identity.rpartition("-")[0] == card.name:
        say_who_heard(heard_by.identity, card, voice)
