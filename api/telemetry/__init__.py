"""What the service tells its operator: log lines, figures, spans."""
