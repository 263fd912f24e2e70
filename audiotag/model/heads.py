"""What comes after the trunk: pooling, the hidden layer, and the mixture of experts.

Each collection that a model was trained on has genres of its own: FMA has no Jazz, GTZAN no Folk. An
expert a collection says how likely each of *its* genres is, by a softmax in which the others have no
part; a gate says how much a window is like the music of each collection; the probabilities are the
experts' mean with the gate's weights (Jacobs et al., "Adaptive Mixtures of Local Experts", 1991), times
a power of what one softmax over all genres says, summing to one again: it knows nothing of collections, and
keeps a genre that several of them have from gaining by that. Alone it is not as good: half of the
classical pieces get lost in Folk and Instrumental.
Experts, gate and that power are fitted after the trunk has learnt: training/outputs/experts.py.
"""

from __future__ import annotations

from typing import Any

# What an expert adds to the logits of genres that are not its own: none is left of them, and it is
# a number that 16 bits can hold.
NEVER = -30_000.0


def head_policy() -> str:
    """What the heads are computed in: the trunk's type, but for a trunk that mixes 16 and 32 bits."""
    import keras

    policy = keras.config.dtype_policy()
    return str(policy.variable_dtype)


def pool_taps(maps: list[Any], taps: tuple[str, ...]) -> tuple[Any, Any]:
    """Feature maps (batch, h, w, channels), one a tap → (all of their means and maxima, those that
    transfer best), both (batch, features). The latter are without conv5's, unless there are no others:
    its values tell genres that it has not learnt less well apart (MODEL_CARD.md)."""
    from keras import layers

    pooled, early = [], []
    # In 32 bits even where the maps come in 16: a mean over thousands of them needs it.
    policy = head_policy()
    for tap, features in zip(taps, maps, strict=True):
        parts = [
            layers.GlobalAveragePooling2D(name=f"{tap}_mean", dtype=policy)(features),
            layers.GlobalMaxPooling2D(name=f"{tap}_max", dtype=policy)(features),
        ]
        pooled += parts
        early += parts if tap != "conv5" or len(taps) == 1 else []
    return (
        layers.Concatenate(name="pooled", dtype=policy)(pooled),
        layers.Concatenate(name="early", dtype=policy)(early),
    )


def add_hidden(pooled: Any, hidden: int, dropout: float, normalise: bool) -> tuple[Any, Any]:
    """Pooled features (batch, features) → (hidden layer, what the output layers see of it)."""
    from keras import layers

    policy = head_policy()
    x = pooled
    if normalise:
        x = layers.BatchNormalization(name="pooled_bn", dtype=policy)(x)
    x = layers.Dropout(dropout, name="pooled_dropout", dtype=policy)(x)
    x = layers.Dense(hidden, activation="relu", name="hidden", dtype=policy)(x)
    return x, layers.Dropout(dropout, name="hidden_dropout", dtype=policy)(x)


def expert_names(collections: int) -> list[str]:
    """The layers of the experts; one alone has no gate beside it, and is the output itself."""
    return ["probabilities"] if collections == 1 else [f"expert{n}" for n in range(1, collections + 1)]


def add_experts(logits: Any, embedding: Any, collections: int) -> Any:
    """Logits (batch, genres) and embedding (batch, size) → probabilities (batch, genres)."""
    import keras
    from keras import layers

    policy = head_policy()
    genres = logits.shape[-1]
    seen = layers.Concatenate(name="evidence", dtype=policy)([logits, embedding])
    experts = [
        layers.Dense(genres, activation="softmax", name=name, dtype=policy)(seen)
        for name in expert_names(collections)
    ]
    if collections == 1:
        return experts[0]
    gate = layers.Dense(collections, activation="softmax", name="gate", dtype=policy)(embedding)
    together = layers.Concatenate(name="experts", dtype=policy)(experts)
    stacked = layers.Reshape((collections, genres), name="experts_stacked", dtype=policy)(together)
    mixture = layers.Dot(axes=1, name="mixture", dtype=policy)([gate, stacked])
    odds = layers.Activation(keras.ops.log, name="mixture_log", dtype=policy)(mixture)
    agreement = layers.Dense(genres, use_bias=False, name="agreement", dtype=policy)(logits)
    total = layers.Add(name="mixture_and_agreement", dtype=policy)([odds, agreement])
    return layers.Activation("softmax", name="probabilities", dtype=policy)(total)
