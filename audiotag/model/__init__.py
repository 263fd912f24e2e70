"""Mel windows → probabilities and embeddings."""
