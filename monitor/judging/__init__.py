"""What is due, what became of it, and how the scores did: from counts, as of a time."""
