-- What the monitor's diagnosis found, and how far it has looked.

-- Numbered by whoever writes, one behind the other: a sequence would leave gaps where a look was
-- undone, and the same log looked at again would not have the same numbers.
CREATE TABLE incident (
    incident_id   bigint      PRIMARY KEY CHECK (incident_id > 0),
    model_version text        NOT NULL,
    number        integer     NOT NULL CHECK (number > 0),
    opened_at     timestamptz NOT NULL,
    UNIQUE (model_version, number)
);
COMMENT ON TABLE incident IS 'One lasting change of a version''s traffic or outcomes; what is known of it is in incident_record';
COMMENT ON COLUMN incident.incident_id IS 'By which people name it: 1, 2, 3 over all versions, without a gap';
COMMENT ON COLUMN incident.model_version IS 'Version whose rows it is about';
COMMENT ON COLUMN incident.number IS 'The same, counted for each version';
COMMENT ON COLUMN incident.opened_at IS 'Business time of the look that found it';

CREATE TABLE incident_record (
    record_id   bigint      PRIMARY KEY CHECK (record_id > 0),
    incident_id bigint      NOT NULL REFERENCES incident,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('opened', 'extended', 'diagnosed', 'ended')),
    content     jsonb       NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    written_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX incident_record_of_incident ON incident_record (incident_id, record_id);
COMMENT ON TABLE incident_record IS 'What was found of each incident, as it was found: rows are added and never changed';
COMMENT ON COLUMN incident_record.record_id IS 'In the order in which they were written, over all incidents, without a gap';
COMMENT ON COLUMN incident_record.incident_id IS 'The incident';
COMMENT ON COLUMN incident_record.at IS 'Business time of the look';
COMMENT ON COLUMN incident_record.kind IS 'opened; extended: more of it moved, or its onset is known better; diagnosed: another diagnosis; ended: back, accepted or superseded';
COMMENT ON COLUMN incident_record.content IS 'Members of the class of that name in diagnosis/finding.py; hours in it count from 2000-01-01 00:00 UTC';
COMMENT ON COLUMN incident_record.written_at IS 'When it was stored, by the clock of this server';

-- Held by whoever writes incidents, from before their numbers are fixed until the commit.
CREATE TABLE incident_gate ();
COMMENT ON TABLE incident_gate IS 'Never a row: its lock tells who is numbering incidents';

CREATE TABLE watch_state (
    model_version text        PRIMARY KEY,
    looked_until  timestamptz NOT NULL,
    -- As it was written, to the byte: jsonb would write numbers of its own.
    state         json        NOT NULL,
    as_of         timestamptz NOT NULL,
    written_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE watch_state IS 'How far each version has been looked at, and what the next look goes on from';
COMMENT ON COLUMN watch_state.model_version IS 'Id of the version';
COMMENT ON COLUMN watch_state.looked_until IS 'Every hour of business time before it was looked at, each once';
COMMENT ON COLUMN watch_state.state IS 'Of diagnosis/course.py, which alone reads it';
COMMENT ON COLUMN watch_state.as_of IS 'Business time of the round that looked last';
COMMENT ON COLUMN watch_state.written_at IS 'When it was stored, by the clock of this server';

CREATE TABLE operator_note (
    note_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    body       text        NOT NULL CHECK (char_length(body) BETWEEN 1 AND 1000),
    written_by text        CHECK (char_length(written_by) BETWEEN 1 AND 200),
    written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX operator_note_at ON operator_note (at);
COMMENT ON TABLE operator_note IS 'What people know to have happened, as a release of a calling program; rows are added and never changed';
COMMENT ON COLUMN operator_note.note_id IS 'In the order in which they were written';
COMMENT ON COLUMN operator_note.at IS 'Business time at which it happened';
COMMENT ON COLUMN operator_note.body IS 'In the writer''s words; `accept 7` says that incident 7 is to be the new normal';
COMMENT ON COLUMN operator_note.written_by IS 'Who wrote it, as far as they said';
COMMENT ON COLUMN operator_note.written_at IS 'When it was stored, by the clock of this server';

CREATE TABLE monitor_clock (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    as_of    timestamptz NOT NULL,
    held_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE monitor_clock IS 'At most one row: while it is there, business time stands still at it, as a replay wants it';
COMMENT ON COLUMN monitor_clock.only_row IS 'Always true, so that there is no second row';
COMMENT ON COLUMN monitor_clock.as_of IS 'Business time of every round, in place of now';
COMMENT ON COLUMN monitor_clock.held_at IS 'When it was set, by the clock of this server';

GRANT INSERT ON incident, incident_record, operator_note TO monitor;
GRANT INSERT, UPDATE ON watch_state TO monitor;
GRANT INSERT, UPDATE, DELETE ON monitor_clock TO monitor;
GRANT UPDATE ON incident_gate TO monitor;
