"""How a network is trained: every number that shapes the result, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from math import inf
from numbers import Integral
from operator import attrgetter
from typing import Any, NamedTuple

from audiotag.errors import UsageError
from audiotag.model.network import TAPS
from audiotag.training.learning.augment import Augmentation


@dataclass(frozen=True)
class Phase:
    """Passes over the data, peak learning rate (warm-up, then cosine), windows a step."""

    epochs: int
    rate: float
    batch: int


@dataclass(frozen=True)
class StageRates:
    """Discriminative learning rates: what the phase's rate is multiplied by in each part of the
    network, 0 to keep it as it is. `conv1` is the stem, `conv5` holds the norm that ends a trunk
    cut after conv4."""

    conv1: float = 0.25
    conv2: float = 0.5
    conv3: float = 0.75
    conv4: float = 1.0
    conv5: float = 1.0
    head: float = 5.0


@dataclass(frozen=True)
class ExpertSettings:
    """How the experts are fitted (outputs/experts.py). share: of the network's logits in an expert's, the
    rest being a logistic regression's. sharpness: what an expert's logits are multiplied by. expert, gate,
    style: how freely the regressions follow the clips. agreement: the power of the softmax over all genres,
    see model/heads.py."""

    share: float = 0.5
    sharpness: float = 1.3
    expert: float = 5.0
    gate: float = 200.0
    style: float = 20.0
    agreement: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """The training of a model; it is copied into the model card.

    taps, hidden, enlarge, dropout, embedding: of the network (model/network.py); at most so wide an
    embedding as there are clips.
    views: random variations of each clip, without masks, that go through the untouched trunk, once, for:
    head: the phase that trains the head alone on what the trunk makes of these views.
    trunk: the phase that trains everything together. rates: of its parts in that phase.
    norms: `learn` from the batches in the trunk phase, or `keep` their statistics.
    frames: width of the windows that the trunk phase trains on, at most the front-end's own; 0 for that.
    dtype: what is computed in, `float32` or `bfloat16` (twice as fast where the CPU has it).
    average: how many of the last epochs' weights are averaged (Izmailov et al. 2018).
    weight_decay: AdamW's. mixup: alpha. label_smoothing: share taken from the label.
    distillation, tags: weight of the loss on the VGGish embedding and the taggers' tags beside the
    genre's.
    evenness: how alike collections count in training, 0 by their size, 1 all the same (batches.py).
    experts: see ExpertSettings.
    precision: what the thresholds in the card aim for. song_power: how sure the mean over a whole song is
    made (model/calibration.py). seed: of all that is random.
    augmentation: how windows and views are varied.

    Raises UsageError for a value that makes no sense.
    """

    taps: tuple[str, ...] = ("conv3", "conv4", "conv5")
    hidden: int = 512
    # Twofold both ways was worth under a point of top-1 for four times the work: MODEL_CARD.md.
    enlarge: tuple[int, int] = (1, 1)
    dropout: float = 0.4
    embedding: int = 512
    views: int = 2
    head: Phase = Phase(epochs=20, rate=1e-3, batch=64)
    trunk: Phase = Phase(epochs=18, rate=2e-4, batch=32)
    rates: StageRates = StageRates()
    # Kept, they did worse in the two epochs that were tried: weights/MODEL_CARD.md.
    norms: str = "learn"
    frames: int = 128
    dtype: str = "float32"
    average: int = 4
    weight_decay: float = 0.05
    mixup: float = 0.0
    label_smoothing: float = 0.1
    distillation: float = 1.0
    tags: float = 1.0
    evenness: float = 0.6
    experts: ExpertSettings = ExpertSettings()
    precision: float = 0.75
    song_power: float = 1.5
    seed: int = 1
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(time_masks=1, time_mask=16, band_masks=1, band_mask=8)
    )

    def __post_init__(self) -> None:
        for name, rule in _ALLOWED.items():
            value = attrgetter(name)(self)
            if rule.whole and not isinstance(value, Integral):
                raise UsageError(f"recipe: {name} is a whole number, not {value!r}")
            if not rule.holds(value):
                raise UsageError(f"recipe: {name} is {rule.words}, not {value!r}")

    def to_card(self) -> dict[str, Any]:
        return asdict(self)


def _are_taps(value: Any) -> bool:
    """The network's shape follows their order."""
    return len(value) > 0 and tuple(value) == tuple(tap for tap in TAPS if tap in value)


def _are_factors(value: Any) -> bool:
    return len(value) == 2 and all(isinstance(factor, Integral) and int(factor) >= 1 for factor in value)


class _Rule(NamedTuple):
    """What a setting may be, in words and as a test, which neither NaN nor infinity passes."""

    words: str
    holds: Callable[[Any], bool]
    whole: bool = False


_FROM_0 = _Rule("at least 0", lambda x: 0 <= x < inf)
_OVER_0 = _Rule("over 0", lambda x: 0 < x < inf)
_SHARE = _Rule("at least 0 and under 1", lambda x: 0 <= x < 1)
_FRACTION = _Rule("0 to 1", lambda x: 0 <= x <= 1)
_PASSES = _Rule("at least 0", lambda x: x >= 0, whole=True)
_COUNT = _Rule("at least 1", lambda x: x >= 1, whole=True)

# Of a recipe; its augmentation looks after its own.
_ALLOWED: Mapping[str, _Rule] = {
    "taps": _Rule(f"one or more of {', '.join(TAPS)}, in this order", _are_taps),
    "hidden": _COUNT,
    "enlarge": _Rule("two whole numbers of at least 1", _are_factors),
    "dropout": _SHARE,
    "embedding": _PASSES,
    "views": _COUNT,
    **{f"{phase}.epochs": _PASSES for phase in ("head", "trunk")},
    **{f"{phase}.rate": _OVER_0 for phase in ("head", "trunk")},
    **{f"{phase}.batch": _COUNT for phase in ("head", "trunk")},
    **{f"rates.{part.name}": _FROM_0 for part in fields(StageRates)},
    "norms": _Rule("learn or keep", lambda x: x in ("learn", "keep")),
    # ResNet50V2 halves a window five times.
    "frames": _Rule("0 or at least 32", lambda x: x == 0 or x >= 32, whole=True),
    "dtype": _Rule("float32 or bfloat16", lambda x: x in ("float32", "bfloat16")),
    "average": _COUNT,
    "weight_decay": _FROM_0,
    "mixup": _FROM_0,
    "label_smoothing": _SHARE,
    **dict.fromkeys(("distillation", "tags"), _FROM_0),
    "evenness": _FRACTION,
    "experts.share": _FRACTION,
    "experts.agreement": _FROM_0,
    **{f"experts.{name}": _OVER_0 for name in ("sharpness", "expert", "gate", "style")},
    "song_power": _OVER_0,
    "precision": _Rule("over 0 and under 1", lambda x: 0 < x < 1),
    # What keras.utils.set_random_seed takes.
    "seed": _Rule("at least 0 and under 4294967296", lambda x: 0 <= x < 2**32, whole=True),
}


# The two networks of the project that audiotag began with start from nothing: no head to train
# first, one rate for all.
_FROM_SCRATCH = Recipe(
    head=Phase(epochs=0, rate=1e-3, batch=64),
    trunk=Phase(epochs=20, rate=1e-3, batch=32),
    rates=StageRates(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    frames=0,
    dropout=0.5,
    mixup=0.3,
    embedding=0,
    average=1,
    distillation=0.5,
    augmentation=Augmentation(),
)
_RECIPES: Mapping[str, Recipe] = {
    "resnet50": Recipe(),
    "convpool": replace(_FROM_SCRATCH, hidden=1024),
    "convconvpool": replace(_FROM_SCRATCH, hidden=256),
}


def recipe_for(arch: str) -> Recipe:
    """The recipe of an architecture. Raises UsageError when there is none of that name."""
    if arch not in _RECIPES:
        raise UsageError(f"no architecture {arch!r}; there are: {', '.join(_RECIPES)}")
    return _RECIPES[arch]


def change(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """Apply `name=value` settings, as in `mixup=0` or `augmentation.time_masks=0`.

    Raises UsageError for a name that a recipe does not have, a value of another type or one that
    makes no sense.
    """
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise UsageError(f"--set {setting}: give NAME=VALUE")
        recipe = _changed(recipe, name.split("."), value, setting)
    return recipe


def _changed(part: Any, names: list[str], value: str, setting: str) -> Any:
    known = [f.name for f in fields(part)]
    if names[0] not in known:
        raise UsageError(f"--set {setting}: no {names[0]!r} there; there are: {', '.join(known)}")
    old = getattr(part, names[0])
    if is_dataclass(old) and len(names) > 1:
        return replace(part, **{names[0]: _changed(old, names[1:], value, setting)})
    if is_dataclass(old) or len(names) > 1:
        raise UsageError(f"--set {setting}: name one setting, as in augmentation.tilt_db=3")
    try:
        new = _tuple_like(old, value) if isinstance(old, tuple) else type(old)(value)
    except ValueError as fault:
        raise UsageError(f"--set {setting}: {value!r} is not {_kind(old)}") from fault
    return replace(part, **{names[0]: new})


def _tuple_like(old: tuple[Any, ...], value: str) -> tuple[Any, ...]:
    """`1,2` → a tuple of what the old one holds."""
    return tuple(type(old[0])(part) for part in value.split(","))


def _kind(old: Any) -> str:
    return "numbers with commas between" if isinstance(old, tuple) else f"a {type(old).__name__}"
