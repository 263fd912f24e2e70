"""Labelled audio → mel archive → collections, tracks and folds."""
