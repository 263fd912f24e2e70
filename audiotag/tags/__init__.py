"""Genres into the files' own tags: what is there, what should be, and the safe write.

`formats` knows the containers and reads and writes their genre, `policy` and `plan` decide,
`safewrite` writes without ever risking a file and remembers what stood there, `undo` puts it back.
"""
