"""A service that listens to what is new as it settles."""
