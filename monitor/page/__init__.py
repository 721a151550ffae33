"""The page: how the service is doing, from top to bottom."""
