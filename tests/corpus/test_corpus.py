"""Every odd structure that real files have: written so that all readers agree, or refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.corpus.__main__ import PAGE
from tests.corpus.collection import Collection, structures
from tests.corpus.structure import Structure
from tests.corpus.table import render


@pytest.fixture(scope="module")
def collection() -> Iterator[Collection]:
    with Collection() as opened:
        yield opened


def test_no_two_structures_have_the_same_name() -> None:
    names = [structure.id for structure in structures()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("structure", list(structures()), ids=lambda structure: structure.id)
def test_structure(structure: Structure, collection: Collection) -> None:
    outcome = collection.outcome(structure)
    assert outcome.faults == ()
    assert outcome.verdict == structure.expect, outcome.reason


def test_the_table_in_the_documentation_is_up_to_date(collection: Collection) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(collection), "make formats-table"
