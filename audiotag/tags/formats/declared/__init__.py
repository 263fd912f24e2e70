"""One module a container or family of them: its declaration, and what no other needs."""
