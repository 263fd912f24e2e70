"""After an update of the network the commands say what a scan would bring, and go on with what is known."""

from __future__ import annotations

import pytest

from audiotag.cli.heard import say_if_outdated
from audiotag.cli.output import Messages
from audiotag.library.records import StoredModel
from audiotag.model.card import load_card

CARD = load_card()


@pytest.mark.parametrize(
    ("heard_by", "is_said"),
    [
        (f"{CARD.name}-0123456789ab", True),
        (CARD.identity, False),
        ("another-0123456789ab", False),  # somebody chose that
        (None, False),  # nothing heard yet
    ],
)
def test_an_older_network_of_the_same_model(
    heard_by: str | None, is_said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    model = None if heard_by is None else StoredModel(heard_by, ("Pop",), (0.5,))
    say_if_outdated(model, CARD.name, Messages(quiet=False, verbose=False))
    said = capsys.readouterr()
    line = f"The library was heard by {heard_by}; 'audiotag scan' listens anew, by {CARD.identity}.\n"
    assert (said.out, said.err) == ("", line if is_said else "")


def test_not_where_nothing_is_to_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    say_if_outdated(StoredModel(f"{CARD.name}-0", ("Pop",), (0.5,)), CARD.name, Messages(True, False))
    assert capsys.readouterr().err == ""
