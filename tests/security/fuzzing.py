"""How long the fuzzers look: briefly with the other tests, long by `make fuzz`."""

import os


def examples(count: int) -> int:
    """`count` examples, times FUZZ."""
    return count * int(os.environ.get("FUZZ", "1"))
