"""Mel windows → probabilities and embeddings."""

from audiotag.own_folders import keep_quiet

# In every process that may import one of those libraries, be it a worker on another machine.
keep_quiet()
