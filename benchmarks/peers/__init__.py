"""Other model servers, each in an environment of its own: `make bench-peers`."""
