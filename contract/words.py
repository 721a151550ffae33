"""Words that a setting may be one of."""

from pydantic import BeforeValidator

# A shell or another tool writes LOG_LEVEL=INFO and ENVIRONMENT=Production, and means the same.
ANY_CASE = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
