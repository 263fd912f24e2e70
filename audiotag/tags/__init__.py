"""Genres into the files' own tags: what is there, what should be, and the safe write.

`containers` lists the kinds of file, `formats` reads and writes their genre, `policy` decides,
`writer` writes without ever risking the file (`payload` and `fingerprint` are its witnesses),
`journal` remembers what stood there, and `session` is a run that does all of it.
"""
