"""Temperature: brings a network's probabilities nearer to how often they are right.

Guo et al., "On Calibration of Modern Neural Networks" (2017): the logits are divided
by one number, fitted on tracks that the network was not trained on. It changes no
order among the genres of a window, only how sure the answer is. Where several networks
are averaged (ensemble.py), the logarithms of the mean stand for the logits.
"""

from __future__ import annotations

import numpy as np

_LEAST = 1e-12  # a probability of 0 has no logarithm


def scale_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the logits behind probabilities (..., genres) by `temperature`, float32.

    softmax(log(p) / T) is softmax(logits / T), for a network's logits are log(p) but for a
    constant. Over 1 makes the answer less sure, under 1 surer.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), _LEAST)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
