"""The safe write: copy, check, journal, replace, recover."""
