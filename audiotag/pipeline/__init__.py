"""The data's way: files → windows → answers → library."""
