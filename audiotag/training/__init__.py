"""Mel archive → a trained network with its card."""
