-- Where the entries of a call stand. The view is made anew from the journal, which is the truth.

DELETE FROM calls;
DELETE FROM outcomes;
UPDATE log SET indexed = 0, total = 0, blocked = 0;

ALTER TABLE outcomes ADD COLUMN position BIGINT NOT NULL DEFAULT 0;

CREATE INDEX calls_call ON calls (call_id);
