"""What is known of the files: where they are and what was predicted for them."""
