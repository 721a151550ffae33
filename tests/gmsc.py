"""Give Me Some Credit's declaration, and a request of it."""

from contract.datasets import declared
from contract.feature import Value

DECLARATION = declared("gmsc")
SCHEMA = DECLARATION.schema


def as_read(value: Value) -> Value:
    """A value of a request as the service reads it: a number is a double."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


VALUES: list[Value] = [as_read(value) for value in SCHEMA.example.values()]
