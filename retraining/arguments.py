"""Arguments that several commands about retraining take."""

import argparse


def case_argument(text: str) -> int:
    """The number of a case; raises ArgumentTypeError."""
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:19]) < 2**63:
        raise argparse.ArgumentTypeError("must be the number of a case, as 7")
    return int(text)
