"""Files → what the model says of each, on this machine: decode workers, one engine, batches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from audiotag.audio.child import DecodeLimits
from audiotag.audio.loky import cores
from audiotag.audio.workers import WorkerDied, run_workers_with_pauses
from audiotag.library.records import TrackInfo
from audiotag.model.average import TrackPrediction
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine, batch_size_of, note_of, open_engine
from audiotag.pipeline.engine_ahead import EngineAhead
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.pipeline.lanes import Lanes, LaneWidth

# So long a file that is predicted waits at most to be handed on, when no other is heard meanwhile.
PATIENCE_SECONDS = 0.2


@dataclass(frozen=True)
class PredictOptions:
    """How files are heard and judged. windows: how many of a track's at most, None: all. jobs:
    decode processes. batch_size: windows a call of the engine, 0: what suits its device. spool: a folder
    for long tracks' windows, see window_buffer.py. say: hears a line for people. pass_over: what is not to
    be heard, of not_music.KINDS."""

    windows: int | None
    jobs: int
    batch_size: int
    engine: str
    limits: DecodeLimits
    spool: str | None = None
    say: Callable[[str], None] = lambda line: None
    pass_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predicted:
    """What became of a job: a prediction, or the kind of fault and its reason.

    Neither, when the job's prediction was known, or the file was passed over; see extract.Extracted.
    """

    job: ExtractJob
    info: TrackInfo
    seconds: float = 0.0
    prediction: TrackPrediction | None = None
    fault: tuple[str, str] | None = None
    passed_over: str | None = None


def predict(
    jobs: Iterable[ExtractJob], card: ModelCard, options: PredictOptions
) -> Generator[Predicted, None, None]:
    """Every job's outcome, in no fixed order; `jobs` is read as outcomes are taken.

    Raises EngineError or ModelError when the model cannot run.
    """
    task = ExtractTask(card.frontend, options.limits, options.windows, options.spool, options.pass_over)
    network = _Network(card, options)
    with (
        closing(network),
        closing(
            run_workers_with_pauses(task, network.watching(jobs), options.jobs, PATIENCE_SECONDS)
        ) as results,
    ):
        for heard in results:
            if isinstance(heard, WorkerDied):
                yield Predicted(heard.item, TrackInfo(), fault=DIED)
            elif isinstance(heard, Extracted) and heard.windows is None:
                yield Predicted(heard.job, heard.info, fault=heard.fault, passed_over=heard.passed_over)
            elif isinstance(heard, Extracted):
                yield from network.put(heard)
            yield from network.done()
        yield from network.rest()


class _Network:
    """The engine in its lanes, opened while the first files are decoded."""

    def __init__(self, card: ModelCard, options: PredictOptions) -> None:
        self._options = options
        self._ahead = EngineAhead(lambda: open_engine(card, options.engine, options.batch_size, threads=1))
        self._engine: Engine | None = None
        self._lanes: Lanes[Extracted] | None = None
        self._said = ""

    def watching(self, jobs: Iterable[ExtractJob]) -> Iterator[ExtractJob]:
        """The same jobs; with the first that has to be heard the engine begins to be opened."""
        return self._ahead.watching(jobs)

    def put(self, heard: Extracted) -> Iterator[Predicted]:
        """Take a file's windows; waits while there is no room; yields outcomes, of any files."""
        assert heard.windows is not None
        if self._lanes is None:
            self._engine = self._ahead.get()
            self._lanes = Lanes(self._engine, lanes_for(self._engine, self._options.batch_size))
        yield from self._outcomes(self._lanes.put(heard, len(heard.windows), heard.windows))

    def done(self) -> Iterator[Predicted]:
        """The outcomes that came meanwhile."""
        return self._outcomes(() if self._lanes is None else self._lanes.done())

    def rest(self) -> Iterator[Predicted]:
        """Those of all that was put, however long it takes."""
        return self._outcomes(() if self._lanes is None else self._lanes.drain())

    def close(self) -> None:
        """End the lanes, whatever waits for them."""
        self._ahead.close()
        if self._lanes is not None:
            self._lanes.close()

    def _outcomes(self, done: Iterable[tuple[Extracted, TrackPrediction]]) -> Iterator[Predicted]:
        for heard, prediction in done:
            if heard.windows is not None:
                heard.windows.discard()
            yield Predicted(heard.job, heard.info, heard.seconds, prediction)
        if self._engine is not None and (note := note_of(self._engine)) != self._said:
            self._said = note
            self._options.say(note)


def lanes_for(engine: Engine, batch_size: int) -> LaneWidth:
    """On a CPU one lane a core, of one thread each: threads that share a call wait for one another at
    every layer, and for each other's cores while decoders run on them. On a GPU two: one's windows are
    copied, and its answers read, while the other's are computed; its batches have one size, full or not."""
    most = batch_size_of(engine, batch_size)
    if not engine.device.startswith("CPU"):
        return LaneWidth(lanes=2, least=most, most=most)
    # TensorFlow's own threads take all cores for one call.
    return LaneWidth(1, most, most) if engine.name == "tensorflow" else LaneWidth(cores(), 1, most)


DIED = ("killed", "killed its worker process (out of memory?)")
