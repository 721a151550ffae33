"""The bench of the diagnosis: streams with known causes, and how well these are found and named."""
