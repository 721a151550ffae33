"""What is told of incidents to a receiver of the operator's: signed, retried, each event once."""
