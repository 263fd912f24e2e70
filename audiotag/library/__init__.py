"""What is known of the files: where they are and what was heard in them."""
