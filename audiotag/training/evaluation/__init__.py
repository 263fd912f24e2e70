"""What a model is worth: figures, by genre and by collection, tables and pictures."""
