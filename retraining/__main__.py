"""`python -m retraining COMMAND`: cases about retraining, decided by people, promoted and undone.

Exit code 0 done, 1 failed or refused, 2 wrong usage or settings, 3 a record is not as it was
written.
"""

import argparse
import logging
import signal
import sys

from pydantic import ValidationError

from contract.bundle_errors import BundleError
from contract.schema import SchemaError
from contract.secret import SecretError
from contract.text import lines_shown
from db.log.errors import PredictionLogError
from db.log.session import forget_libpq_variables
from db.settings import complaints
from retraining import commands_chain, commands_deciding, commands_proposing, commands_telling
from retraining.context import Context
from retraining.errors import RetrainingError
from retraining.policy import PolicyError
from retraining.promotion import Evidence
from retraining.settings import RetrainingSettings
from trainer.errors import TrainerError


def main() -> int:
    """Run the command line; the exit code."""
    # The first process of a container would otherwise not even notice it.
    signal.signal(signal.SIGTERM, _stop)
    options = _parser().parse_args()
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    try:
        context = Context.of(RetrainingSettings())
    except ValidationError as error:
        for line in complaints(error):
            _complain(line)
        return 2
    except (SecretError, PolicyError) as error:
        _complain(str(error))
        return 2
    if ignored := forget_libpq_variables():
        _complain(f"ignored: {', '.join(ignored)}; what is to hold stands in DATABASE_URL")
    try:
        return int(options.run(options, context))
    except (RetrainingError, PredictionLogError, BundleError, TrainerError, SchemaError) as error:
        _complain(f"{options.command} failed: {lines_shown(str(error))}")
    except KeyboardInterrupt:
        _complain("interrupted: what was begun is finished or undone by the next command")
        return 130
    finally:
        context.database.close()
    return 1


def _stop(number: int, _: object) -> None:
    """End in order: what a transaction holds is undone on the way out."""
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m retraining", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands_proposing.add(commands)
    commands_telling.add(commands)
    commands_deciding.add(commands, _evidence_of)
    commands_chain.add(commands)
    return parser


def _evidence_of(context: Context) -> Evidence:
    # All that a training needs, which the other commands do without.
    from retraining.evidence import evidence_of  # noqa: PLC0415

    return evidence_of(context)


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
