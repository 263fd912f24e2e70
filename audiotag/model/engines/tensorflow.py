"""TensorFlow: the engine for GPUs.

Never import this module in a process that has loaded Essentia: the two libraries
abort the process when they meet.
"""

from __future__ import annotations

import os

import numpy as np

from audiotag.errors import EngineError
from audiotag.extras import lacking
from audiotag.model.card import ModelCard
from audiotag.model.engines import Outputs, to_input, to_outputs


class TensorFlowEngine:
    """Runs the card's network in Keras; see engines.Engine."""

    name = "tensorflow"

    def __init__(self, card: ModelCard, batch_size: int) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ["KERAS_BACKEND"] = "tensorflow"
        if words := lacking("gpu"):
            raise EngineError(f"--engine tensorflow {words}; or use --engine onnx")
        import tensorflow as tf

        from audiotag.model.onnx_weights import load_network

        network = load_network(card)
        shape = (batch_size, card.frontend.bands, card.frontend.frames, 1)
        # One traced function with one fixed shape: model.predict in a loop traces again and leaks.
        self._call = tf.function(
            lambda batch: network(batch, training=False),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )
        self._batch_size = batch_size
        self._card = card
        self.device = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"

    def predict(self, windows: np.ndarray) -> Outputs:
        batches = []
        for start in range(0, len(windows), self._batch_size):
            part = windows[start : start + self._batch_size]
            outputs = self._call(to_input(part, self._batch_size)[..., None])
            batches.append([output.numpy()[: len(part)] for output in outputs])
        return to_outputs(batches, self._card, self.name)
