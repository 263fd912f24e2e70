"""What tests share: files made by code, libraries, and the command as a user runs it."""
