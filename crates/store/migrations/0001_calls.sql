-- In the subset of SQL that SQLite and PostgreSQL share.

-- One row: which log this is a view of, how far it has been read, and counts up to there.
CREATE TABLE log (
    id BIGINT PRIMARY KEY,
    log_id TEXT NOT NULL,
    indexed BIGINT NOT NULL,
    total BIGINT NOT NULL,
    blocked BIGINT NOT NULL
);

-- One row per ruling; position is its index in the journal.
CREATE TABLE calls (
    position BIGINT PRIMARY KEY,
    time_ns BIGINT NOT NULL,
    call_id TEXT NOT NULL,
    parent TEXT,
    retries TEXT,
    realm TEXT NOT NULL,
    principal TEXT NOT NULL,
    session TEXT NOT NULL,
    action TEXT NOT NULL,
    server TEXT,
    target TEXT NOT NULL,
    effects TEXT,
    effect_source TEXT,
    decision TEXT NOT NULL,
    would TEXT,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    severity TEXT,
    confirmed BOOLEAN NOT NULL,
    code BIGINT,
    findings TEXT
);

CREATE INDEX calls_principal ON calls (principal, position);
CREATE INDEX calls_target ON calls (target, position);

-- One row per call that was let through and has ended. Apart from the rulings, so that the view only ever grows.
CREATE TABLE outcomes (
    call_id TEXT PRIMARY KEY,
    outcome TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    took_us BIGINT NOT NULL,
    code BIGINT,
    findings TEXT
);
