"""The model that is served: checked, read once by each request, swapped while serving."""
