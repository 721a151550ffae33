"""Drives the real service with a recorded stream, on the clock of the stream."""
