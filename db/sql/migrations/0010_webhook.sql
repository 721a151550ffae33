-- What is told of incidents to a receiver of the operator's (docs/monitoring.md).

CREATE TABLE webhook_target (
    target         text        PRIMARY KEY CHECK (target ~ '^[0-9a-f]{64}$'),
    enlisted_until bigint      NOT NULL,
    first_used_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE webhook_target IS 'Each address that messages were to be sent to';
COMMENT ON COLUMN webhook_target.target IS 'SHA-256 of the URL, in hexadecimal: the URL itself may hold a token';
COMMENT ON COLUMN webhook_target.enlisted_until IS 'Records of incidents up to this one have a delivery, or were there before the address was first used';
COMMENT ON COLUMN webhook_target.first_used_at IS 'By the clock of this server';

CREATE TABLE webhook_delivery (
    target          text        NOT NULL REFERENCES webhook_target,
    record_id       bigint      NOT NULL REFERENCES incident_record,
    message_id      uuid        NOT NULL DEFAULT gen_random_uuid(),
    state           text        NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'held', 'old')),
    attempts        integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz CHECK ((next_attempt_at IS NOT NULL) = (state = 'pending')),
    last_error      text        CHECK (char_length(last_error) <= 500),
    enlisted_at     timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz CHECK ((ended_at IS NOT NULL) = (state IN ('delivered', 'failed'))),
    PRIMARY KEY (target, record_id)
);
-- Few are pending at a time, of all that there ever were.
CREATE INDEX webhook_delivery_pending ON webhook_delivery (target, next_attempt_at)
    WHERE state = 'pending';
COMMENT ON TABLE webhook_delivery IS 'Each record of an incident that is a message to an address, and what became of it';
COMMENT ON COLUMN webhook_delivery.target IS 'The address';
COMMENT ON COLUMN webhook_delivery.record_id IS 'What is told: opened, diagnosed or ended';
COMMENT ON COLUMN webhook_delivery.message_id IS 'By which the receiver knows a message that comes twice: it stays the same at every attempt';
COMMENT ON COLUMN webhook_delivery.state IS 'pending; delivered; failed: given up after the last attempt; held: of an incident that was found while the clock was held, as by a replay, and never sent; old: a week back when it was found, and never sent';
COMMENT ON COLUMN webhook_delivery.attempts IS 'How often it was begun to send it';
COMMENT ON COLUMN webhook_delivery.next_attempt_at IS 'Not before; while it is being sent, when somebody else may take it over';
COMMENT ON COLUMN webhook_delivery.last_error IS 'Why the last attempt failed';
COMMENT ON COLUMN webhook_delivery.enlisted_at IS 'When it became a message, by the clock of this server';
COMMENT ON COLUMN webhook_delivery.ended_at IS 'When it was delivered or given up';

GRANT INSERT, UPDATE ON webhook_target, webhook_delivery TO monitor;
