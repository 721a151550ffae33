"""What trainer and api promise each other: the data set, the bundle, and the one way to score."""
