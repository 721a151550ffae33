"""What really happened: reports of outcomes in, and what is known of them out."""
