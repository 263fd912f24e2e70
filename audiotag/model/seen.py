"""A library as a learnt model sees it: what plans and reports read is its answer, not the network's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from audiotag.errors import ModelError
from audiotag.library.records import StoredModel, Track
from audiotag.library.store import Store
from audiotag.model.card import load_card
from audiotag.model.learnt import LearntModel
from audiotag.model.learnt_file import learn_again, load_named


class SeenStore(Store):
    """An open library, see Store, of which `tracks`, `track` and `latest_model` give what a learnt
    model makes of the embeddings; what is stored stays as it is. learnt: None for a library as it is.

    Raises ModelError where the library's tracks were heard by another network than it was learnt on.
    """

    def __init__(
        self,
        path: Path,
        write: bool,
        wait: float = 0.0,
        create: bool = True,
        learnt: LearntModel | None = None,
    ) -> None:
        super().__init__(path, write, wait, create)
        self._learnt = learnt
        if learnt is None:
            return
        try:
            heard_by = super().latest_model()
            if heard_by is not None and heard_by.identity != learnt.embedding.identity:
                raise ModelError(learn_again(learnt, heard_by.identity))
            if write:  # so that the journal can name it
                self.remember(learnt.stored)
        except BaseException:
            self.close()
            raise

    def tracks(self, under: Iterable[bytes] = ()) -> Iterator[Track]:
        """As Store.tracks."""
        found = super().tracks(under)
        return found if self._learnt is None else map(self._learnt.judge, found)

    def track(self, path: bytes) -> Track | None:
        """As Store.track."""
        found = super().track(path)
        return found if self._learnt is None or found is None else self._learnt.judge(found)

    def latest_model(self) -> StoredModel | None:
        """As Store.latest_model: the learnt one where anything has been heard."""
        heard_by = super().latest_model()
        return heard_by if self._learnt is None or heard_by is None else self._learnt.stored


def open_seen(path: Path, model: str, write: bool, wait: float = 0.0) -> SeenStore:
    """An existing library as the model of this name sees it. Of a network that is what it said when it heard
    the tracks. Raises ModelError where there is no such model, StoreError as Store does."""
    learnt = load_named(model)
    if learnt is None:
        load_card(model)  # a name that is none is found out here
    return SeenStore(path, write, wait, create=False, learnt=learnt)
