"""audiotag: listens to a music library and writes genres into its files."""

__version__ = "0.1.0"
