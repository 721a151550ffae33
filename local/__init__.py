"""The service on one machine, without Docker."""
