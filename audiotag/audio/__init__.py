"""File → mel windows."""
