-- Who asked, and what served when.

ALTER TABLE prediction_log
    -- Traffic is judged, and an incident narrowed down, by who sent it; never the key itself.
    ADD COLUMN api_key_name text CHECK (length(api_key_name) <= 64);

COMMENT ON COLUMN prediction_log.api_key_name IS 'Name of the API key that the caller sent; null where none is wanted';

CREATE TABLE model_activation (
    activation_id    uuid        PRIMARY KEY,
    activated_at     timestamptz NOT NULL,
    process_id       uuid        NOT NULL,
    instance         text        NOT NULL,
    model_version    text        NOT NULL,
    previous_version text,
    reason           text        NOT NULL CHECK (reason IN ('start', 'pinned', 'activated')),
    stored_at        timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE model_activation IS 'When which process of the api began to serve which version, and why; it served it until its next row here, or its end';
COMMENT ON COLUMN model_activation.activation_id IS 'Made by the api, so that telling it twice is harmless';
COMMENT ON COLUMN model_activation.activated_at IS 'From here on the process scored with the version, by its own clock';
COMMENT ON COLUMN model_activation.process_id IS 'One run of one api process, as in log_counter';
COMMENT ON COLUMN model_activation.instance IS 'Host name of the process: in the stack the id of its container';
COMMENT ON COLUMN model_activation.model_version IS 'Version that it served from then on';
COMMENT ON COLUMN model_activation.previous_version IS 'Version that it served before; null at its start';
COMMENT ON COLUMN model_activation.reason IS 'start: active when the process began; pinned: named by MODEL_VERSION; activated: made active while it served';
COMMENT ON COLUMN model_activation.stored_at IS 'When the row was stored here; later by the outage, if there was one';

GRANT INSERT ON model_activation TO api;
