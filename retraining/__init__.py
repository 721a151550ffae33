"""Decides about retraining with evidence, under a human's hand, and undoes what was wrong."""
