"""The map of the library: laid once, kept, new tracks placed into it."""
