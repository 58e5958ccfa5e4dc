-- What a session had read when a call was judged, as words between spaces. The view is made anew from the journal, which is the truth.

DELETE FROM calls;
DELETE FROM outcomes;
UPDATE log SET indexed = 0, total = 0, blocked = 0;

ALTER TABLE calls ADD COLUMN labels TEXT NOT NULL DEFAULT ' ';

CREATE INDEX calls_rule ON calls (rule, position);
CREATE INDEX calls_session ON calls (session, position);
