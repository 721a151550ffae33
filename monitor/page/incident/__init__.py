"""The page of one incident, and the list of all."""
