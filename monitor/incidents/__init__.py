"""Incidents: what the diagnosis found, kept, read, told and sent."""
