"""What the library knows, for people and programs."""
