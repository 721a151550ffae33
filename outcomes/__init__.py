"""What really happened: reports of outcomes, checked, kept, and asked again as of a time."""
