"""The containers: how to know each, read its tags, write a genre, and find its sound."""
