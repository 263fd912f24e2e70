"""The tables of the library database, and how an older one becomes the present one."""

from __future__ import annotations

# 'atag' in ASCII, in the database's header: tells our files from other SQLite files.
APPLICATION_ID = 0x61746167

# MIGRATIONS[n] takes a database from schema version n to n + 1. A step that was released is
# never edited: a change of the tables is a new step at the end.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,  -- name and digest of the weights
            genres TEXT NOT NULL,           -- JSON list, the order of the probabilities
            threshold REAL NOT NULL
        )
        """,
        """
        CREATE TABLE tracks (
            path BLOB PRIMARY KEY,          -- absolute, any bytes
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            status TEXT NOT NULL,           -- ok, too-short, failed
            error_kind TEXT,
            error TEXT,
            artist TEXT NOT NULL,
            album TEXT NOT NULL,
            title TEXT NOT NULL,
            duration REAL,                  -- seconds of sound that were decoded
            windows INTEGER NOT NULL,
            windows_asked TEXT NOT NULL,    -- 'all' or a number: the option that it was heard with
            model INTEGER REFERENCES models (id),
            scanned_at TEXT NOT NULL,       -- ISO 8601, UTC
            missing INTEGER NOT NULL,       -- 1: the file was gone when last looked for
            probabilities BLOB,             -- float32, little endian
            embedding BLOB                  -- float16, little endian
        )
        """,
    ),
    # The journal of what was written into files; see tags/safewrite/journal.py.
    (
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,             -- tag, undo
            started_at TEXT NOT NULL,       -- ISO 8601, UTC
            finished_at TEXT,               -- NULL: still going on, or ended by a crash
            undo_of INTEGER REFERENCES runs (id)
        )
        """,
        """
        CREATE TABLE writes (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs (id),
            path BLOB NOT NULL,             -- as in tracks
            state TEXT NOT NULL,            -- planned, committed, failed
            before TEXT NOT NULL,           -- the file's identity: device:inode:size:mtime_ns
            after TEXT NOT NULL,            -- that of the file that takes its place
            old TEXT NOT NULL,              -- JSON object: tag field to list of values
            new TEXT NOT NULL,
            found TEXT NOT NULL,            -- JSON list: genres before audiotag's first write
            delta BLOB,                     -- gives the old bytes back; see tags/safewrite/bytedelta.py
            model INTEGER REFERENCES models (id),
            undo_of INTEGER REFERENCES writes (id),
            error TEXT,
            written_at TEXT NOT NULL
        )
        """,
        "CREATE INDEX writes_by_path ON writes (path, id)",
        "CREATE INDEX writes_by_run ON writes (run, path)",
        "CREATE INDEX writes_planned ON writes (id) WHERE state = 'planned'",
    ),
    # Files are known by their sound, see fingerprint.py; and which model was used last does not
    # depend on the clock.
    (
        "ALTER TABLE tracks ADD COLUMN fingerprint BLOB",
        "CREATE INDEX tracks_by_fingerprint ON tracks (fingerprint) WHERE fingerprint IS NOT NULL",
        "ALTER TABLE models ADD COLUMN used INTEGER NOT NULL DEFAULT 0",
        """
        UPDATE models SET used = 1 WHERE id =
            (SELECT model FROM tracks WHERE model IS NOT NULL ORDER BY scanned_at DESC LIMIT 1)
        """,
    ),
    (
        # What the tags say, and of which state of the file: see records.KnownTags.
        "ALTER TABLE tracks ADD COLUMN tags TEXT",
        "ALTER TABLE tracks ADD COLUMN tags_state TEXT",
        # On which mount a scanned root lies, and the mounts below it; see places.py.
        "CREATE TABLE places (path BLOB PRIMARY KEY, mount BLOB NOT NULL)",
        # A write belongs to a sound, wherever the file with it lies; see tags/written_files.py. `sound`:
        # as tracks.fingerprint. `payload`: SHA-256 of all of it. `file`: the first write of the file.
        "ALTER TABLE writes ADD COLUMN sound BLOB",
        "ALTER TABLE writes ADD COLUMN payload BLOB",
        "ALTER TABLE writes ADD COLUMN file INTEGER",
        # What was written before is known by its path. Its sound is known where the library's row is
        # of the very file that the last write left; and from there back, write by write.
        """
        CREATE TABLE step (id INTEGER PRIMARY KEY, sound BLOB NOT NULL)
        """,
        """
        INSERT INTO step WITH RECURSIVE known (id, path, before, sound) AS (
            SELECT w.id, w.path, w.before, t.fingerprint FROM writes AS w JOIN tracks AS t ON t.path = w.path
            WHERE w.state <> 'failed' AND t.fingerprint IS NOT NULL
                AND w.after LIKE '%:' || t.size || ':' || t.mtime_ns
            UNION
            SELECT w.id, w.path, w.before, known.sound FROM known JOIN writes AS w ON w.path = known.path
            WHERE w.id < known.id AND w.state <> 'failed' AND w.after = known.before
        ) SELECT id, min(sound) FROM known GROUP BY id
        """,
        "UPDATE writes SET sound = (SELECT sound FROM step WHERE step.id = writes.id)",
        "DROP TABLE step",
        """
        UPDATE writes SET file = (
            SELECT min(w.id) FROM writes AS w WHERE w.path = writes.path AND w.sound IS writes.sound
        )
        """,
        "CREATE INDEX writes_by_sound ON writes (sound, file, id) WHERE sound IS NOT NULL",
        "CREATE INDEX writes_by_file ON writes (file, id)",
        "CREATE INDEX writes_by_state ON writes (run, state)",
        # Files that are no music; see library/passed.py.
        """
        CREATE TABLE passed_over (
            path BLOB PRIMARY KEY,          -- as in tracks
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            kind TEXT NOT NULL              -- videos, audiobooks
        )
        """,
        # Among the tracks of these kinds there may be some. They count as changed, so that the next
        # scan looks at each, and decodes none: it knows them by their sound.
        """
        UPDATE tracks SET mtime_ns = -1 WHERE model IS NOT NULL AND
            lower(substr(CAST(path AS TEXT), -4)) IN ('.mp4', '.m4a', '.m4b', '.wma', '.asf', '.ogg', '.oga')
        """,
    ),
    # A threshold a genre, and styles. An older model's one threshold was that of each of its genres.
    (
        """
        CREATE TABLE step (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,  -- name and digest of weights and calibration
            genres TEXT NOT NULL,           -- JSON list, the order of the probabilities
            thresholds TEXT NOT NULL,       -- JSON list, one a genre; null: not written by default
            styles TEXT NOT NULL,           -- JSON list of [name, parent, threshold], as tracks.styles
            used INTEGER NOT NULL           -- the most: the model that was used last
        )
        """,
        """
        INSERT INTO step
            SELECT models.id, identity, genres, json_group_array(threshold), '[]', used
            FROM models, json_each(models.genres) GROUP BY models.id
        """,
        "DROP TABLE models",
        "ALTER TABLE step RENAME TO models",
        "ALTER TABLE tracks ADD COLUMN styles BLOB",  # probabilities, float16, little endian
    ),
    # The map of the library, see discovery/map/kept.py. A point belongs to a sound, so that a file which
    # moves keeps it.
    (
        """
        CREATE TABLE map (
            id INTEGER PRIMARY KEY,         -- one row at most: another number each time it is laid
            model INTEGER NOT NULL REFERENCES models (id),  -- whose embeddings it was laid from
            settings TEXT NOT NULL,         -- JSON object: how it was laid
            laid_at TEXT NOT NULL           -- ISO 8601, UTC
        )
        """,
        """
        CREATE TABLE map_points (
            sound BLOB PRIMARY KEY,         -- as tracks.fingerprint; of a track without one its path
            x REAL NOT NULL,
            y REAL NOT NULL,
            placed INTEGER NOT NULL         -- 0: the map was laid with it, 1: it came into the laid map
        ) WITHOUT ROWID
        """,
    ),
    # The year that the tags name: 0 where they name none. NULL: they were read before anybody asked for
    # it, and the next scan looks at them again; see library/changes.py.
    ("ALTER TABLE tracks ADD COLUMN year INTEGER",),
)

SCHEMA_VERSION = len(MIGRATIONS)
