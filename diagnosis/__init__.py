"""What changed, and why: pure functions of profiles, counts and samples.

No database, no clock, no file: whoever calls it reads and keeps.
"""
