"""Predictions: from a request's body to rows in the log and an answer, in each protocol."""
