"""Counts the log, judges what is due, and shows how the service is doing."""
