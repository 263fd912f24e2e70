"""Genres into the files' own tags: what is there, what should be, and the safe write.

`formats` reads and writes one field of every container, `policy` decides, `writer` writes
without ever risking the file; `payload` and `fingerprint` are its witnesses.
"""
