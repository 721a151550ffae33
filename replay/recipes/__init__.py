"""Public data with times, made a declaration, a table to train on, and a stream to replay."""
