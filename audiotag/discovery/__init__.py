"""What the embeddings are good for: what sounds alike, the same recording twice, a map, playlists."""
