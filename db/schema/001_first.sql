-- The record, first form. Times are integer milliseconds UTC; NULL is "not
-- yet" or "not known". Hashes are SHA-256, 32 bytes. Paths are bytes as the
-- file system has them. Numbers of kinds and states are those of job/kind.h,
-- job/state.h and db/event.h.

-- What is so of the file as a whole: uuid, generation, clean, model.
CREATE TABLE meta(
    k TEXT PRIMARY KEY,
    v ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- A checkpoint that can colour. The same bytes are the same model.
CREATE TABLE model(
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL CHECK(version > 0),
    sha256     BLOB NOT NULL UNIQUE CHECK(length(sha256) = 32),
    path       TEXT NOT NULL,     -- where it was seen last
    preset     TEXT,              -- size of the network: T, P, S, W
    parameters INTEGER,
    metrics    TEXT,              -- JSON object
    run        INTEGER REFERENCES run(id), -- that made it
    created    INTEGER NOT NULL,
    jobs       INTEGER NOT NULL DEFAULT 0, -- submitted with it
    UNIQUE(name, version)
) STRICT;

-- What was ingested.
CREATE TABLE dataset(
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    path    TEXT NOT NULL,        -- folder of the shards
    job     INTEGER UNIQUE REFERENCES job(id), -- that made it
    params  TEXT,                 -- JSON object
    side    INTEGER,              -- pixels
    seen    INTEGER NOT NULL DEFAULT 0, -- photos looked at
    records INTEGER NOT NULL DEFAULT 0, -- photos kept
    train   INTEGER NOT NULL DEFAULT 0, -- of these, by split
    val     INTEGER NOT NULL DEFAULT 0,
    test    INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    bytes   INTEGER NOT NULL DEFAULT 0, -- of all shards
    sha256  BLOB CHECK(length(sha256) = 32), -- of the whole
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX dataset_name ON dataset(name, id);
CREATE INDEX dataset_path ON dataset(path, id);

-- The files of a dataset.
CREATE TABLE shard(
    dataset INTEGER NOT NULL REFERENCES dataset(id),
    n       INTEGER NOT NULL,     -- from 0
    path    TEXT NOT NULL,        -- within the dataset's folder
    split   TEXT,                 -- train, val, test; NULL: mixed
    records INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    sha256  BLOB CHECK(length(sha256) = 32),
    PRIMARY KEY(dataset, n)
) STRICT, WITHOUT ROWID;

-- Why photos were refused, and how many.
CREATE TABLE verdict(
    dataset INTEGER NOT NULL REFERENCES dataset(id),
    reason  TEXT NOT NULL,        -- grayscale, truncated, duplicate, ...
    n       INTEGER NOT NULL,
    PRIMARY KEY(dataset, reason)
) STRICT, WITHOUT ROWID;

-- A job. The counters change in the transaction that changes what they count.
CREATE TABLE job(
    id        INTEGER PRIMARY KEY,
    key       BLOB NOT NULL UNIQUE CHECK(length(key) = 16), -- the client's
    kind      INTEGER NOT NULL CHECK(kind BETWEEN 1 AND 4),
    name      TEXT NOT NULL,
    owner     TEXT NOT NULL,
    prio      INTEGER NOT NULL DEFAULT 1 CHECK(prio BETWEEN 0 AND 2),
    weight    INTEGER NOT NULL DEFAULT 1 CHECK(weight > 0), -- among owners
    state     INTEGER NOT NULL CHECK(state BETWEEN 1 AND 8),
    model     INTEGER REFERENCES model(id),   -- that it uses
    dataset   INTEGER REFERENCES dataset(id), -- that it uses
    params    TEXT NOT NULL DEFAULT '{}',     -- JSON object
    manifest  TEXT NOT NULL,                  -- path
    outdir    TEXT,
    total     INTEGER NOT NULL CHECK(total >= 0), -- photos, or 1
    cut       INTEGER NOT NULL DEFAULT 0 CHECK(cut BETWEEN 0 AND total),
    cut_at    INTEGER NOT NULL,   -- byte of the next entry of the manifest
    open      INTEGER NOT NULL DEFAULT 0 CHECK(open >= 0), -- in open chunks
    done      INTEGER NOT NULL DEFAULT 0 CHECK(done >= 0),
    skipped   INTEGER NOT NULL DEFAULT 0 CHECK(skipped >= 0),
    failed    INTEGER NOT NULL DEFAULT 0 CHECK(failed >= 0),
    step      INTEGER NOT NULL DEFAULT 0, -- of a job that is one unit
    steps     INTEGER NOT NULL DEFAULT 0,
    bytes     INTEGER NOT NULL DEFAULT 0, -- written
    work_ms   INTEGER NOT NULL DEFAULT 0, -- spent by workers on photos
    submitted INTEGER NOT NULL,   -- never less than in an older job
    started   INTEGER,
    ended     INTEGER,
    error     TEXT,               -- why it failed or was paused
    result    TEXT                -- JSON object: an evaluation
) STRICT;
-- An index's WHERE must stand in the query word for word to be used, hence
-- one for each question.
CREATE INDEX job_uncut ON job(prio, id) WHERE state < 3 AND cut < total;
CREATE INDEX job_live ON job(id) WHERE state < 5;
CREATE INDEX job_state ON job(state, id);
CREATE INDEX job_owner ON job(owner, id);
CREATE INDEX job_owner_state ON job(owner, state, id);
CREATE INDEX job_name ON job(name, id);
CREATE INDEX job_kind ON job(kind, id);
CREATE INDEX job_time ON job(submitted);

-- A piece of a job. Open and done chunks of a job have disjoint photos, but
-- for those of a retry, which may replace failed ones.
CREATE TABLE chunk(
    job     INTEGER NOT NULL REFERENCES job(id),
    seq     INTEGER NOT NULL,     -- from 1
    first   INTEGER NOT NULL,     -- number of its first photo, from 0
    n       INTEGER NOT NULL CHECK(n > 0),
    at      INTEGER NOT NULL,     -- byte of its first entry in the manifest
    state   INTEGER NOT NULL CHECK(state BETWEEN 1 AND 6),
    att     INTEGER NOT NULL DEFAULT 1, -- attempt; born here
    strikes INTEGER NOT NULL DEFAULT 0,
    due     INTEGER NOT NULL DEFAULT 0, -- not to be issued before
    again   INTEGER NOT NULL DEFAULT 0, -- 1: a retry, failed photos have rows
    parent  INTEGER,              -- seq of the chunk that was split
    worker  INTEGER,              -- that ended it
    ended   INTEGER,
    PRIMARY KEY(job, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunk_wait ON chunk(job, due) WHERE state = 1;
CREATE INDEX chunk_due ON chunk(due) WHERE state = 1;
CREATE INDEX chunk_issued ON chunk(job, seq) WHERE state = 2;

-- One row per input that has a result. No foreign key: there may be tens of
-- millions, and the chunk's row in the same transaction guards them.
CREATE TABLE photo(
    job      INTEGER NOT NULL,
    photo    INTEGER NOT NULL,    -- its number in the manifest, from 0
    state    INTEGER NOT NULL CHECK(state BETWEEN 1 AND 3),
    reason   TEXT,                -- one word: truncated, already_colour, ...
    message  TEXT,                -- for people
    in_path  TEXT,                -- as in the manifest
    out_path TEXT,                -- within the job's outdir
    out_key  INTEGER,             -- of the whole output path, see db/photo.h
    sha_in   BLOB CHECK(length(sha_in) = 32),
    sha_out  BLOB CHECK(length(sha_out) = 32),
    width    INTEGER NOT NULL DEFAULT 0, -- of the original, pixels
    height   INTEGER NOT NULL DEFAULT 0,
    bits     INTEGER NOT NULL DEFAULT 0, -- a sample
    bytes    INTEGER NOT NULL DEFAULT 0, -- of the output
    ms       INTEGER NOT NULL DEFAULT 0, -- of work
    flags    TEXT,                -- words with a space between
    chunk    INTEGER NOT NULL,    -- seq of the chunk it came with
    att      INTEGER NOT NULL,    -- attempt of that
    tries    INTEGER NOT NULL DEFAULT 1, -- results so far, by retries
    ended    INTEGER NOT NULL,
    PRIMARY KEY(job, photo)
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_failed ON photo(job, photo) WHERE state = 3;
CREATE INDEX photo_skipped ON photo(job, photo) WHERE state = 2;
CREATE INDEX photo_out ON photo(out_key) WHERE out_key IS NOT NULL;
CREATE INDEX photo_sha ON photo(substr(sha_out, 1, 8))
    WHERE sha_out IS NOT NULL;

-- A training. Its state is its job's.
CREATE TABLE run(
    id         INTEGER PRIMARY KEY,
    job        INTEGER NOT NULL UNIQUE REFERENCES job(id),
    name       TEXT NOT NULL,
    params     TEXT NOT NULL,     -- JSON object
    dataset    INTEGER REFERENCES dataset(id),
    seed       INTEGER NOT NULL DEFAULT 0,
    folder     TEXT,              -- of its checkpoints
    preset     TEXT,
    device     TEXT,
    precision  TEXT,
    step       INTEGER NOT NULL DEFAULT 0, -- done
    steps      INTEGER NOT NULL DEFAULT 0, -- of so many
    epoch      INTEGER NOT NULL DEFAULT 0,
    epochs     INTEGER NOT NULL DEFAULT 0,
    best_name  TEXT,              -- the series that best is of
    best       REAL,              -- its lowest value
    best_step  INTEGER,
    checkpoint TEXT,              -- path of the best one
    sha256     BLOB CHECK(length(sha256) = 32), -- of that
    model      INTEGER REFERENCES model(id), -- that came of it
    summary    TEXT,              -- JSON object
    created    INTEGER NOT NULL
) STRICT;
CREATE INDEX run_name ON run(name, id);
CREATE INDEX run_best ON run(best) WHERE best IS NOT NULL;

-- A measure of a run, and how it stands.
CREATE TABLE series(
    id        INTEGER PRIMARY KEY,
    run       INTEGER NOT NULL REFERENCES run(id),
    name      TEXT NOT NULL,      -- loss, val_mae_ab, ...
    last_step INTEGER NOT NULL,
    last      REAL NOT NULL,
    min       REAL NOT NULL,
    max       REAL NOT NULL,
    UNIQUE(run, name)
) STRICT;

-- Its values. No foreign key, as with photos.
CREATE TABLE metric(
    series INTEGER NOT NULL,
    step   INTEGER NOT NULL,
    v      REAL NOT NULL,
    PRIMARY KEY(series, step)
) STRICT, WITHOUT ROWID;

-- Who has done work: a row a process.
CREATE TABLE worker(
    id         INTEGER PRIMARY KEY,
    uid        TEXT NOT NULL UNIQUE, -- its name in the queue
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    caps       TEXT NOT NULL,
    version    TEXT NOT NULL,     -- of tintype
    threads    INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    ended      INTEGER,
    chunks     INTEGER NOT NULL DEFAULT 0, -- recorded from it
    photos     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX worker_seen ON worker(last_seen);

-- What happened: state changes only, never one a photo.
CREATE TABLE event(
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    job    INTEGER,
    chunk  INTEGER,
    worker INTEGER,
    kind   INTEGER NOT NULL,
    body   TEXT                   -- for people
) STRICT;
CREATE INDEX event_job ON event(job, id) WHERE job IS NOT NULL;
