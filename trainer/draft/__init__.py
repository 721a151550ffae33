"""Drafts of declarations: what a table looks like, for a person to correct."""
