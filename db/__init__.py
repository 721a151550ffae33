"""The database: its schema, its roles, and the one way to write the prediction log."""
