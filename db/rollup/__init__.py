"""Counts of the log by hour and day: a roll-up equals recomputation at any moment (0012)."""
