"""HTTP: the connections, and what every request and answer of the service has in common."""
