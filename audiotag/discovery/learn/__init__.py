"""A model of the owner's own genres: lessons → folds → fit → thresholds → figures → model file."""
