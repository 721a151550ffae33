"""Words of a setting: one of some, or several between commas."""

from pydantic import BeforeValidator

# A shell or another tool writes LOG_LEVEL=INFO and ENVIRONMENT=Production, and means the same.
ANY_CASE = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)


def words(text: str | None) -> list[str]:
    """What stands between the commas; none where nothing is set."""
    return [word for word in map(str.strip, (text or "").split(",")) if word]
