"""How often a proposal about retraining is the right one, on worlds whose truth is known."""
