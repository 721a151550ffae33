"""The directory of the data, where the user that trains may not look into it."""

import os

from contract.declaration import Declaration
from trainer.errors import DataRefused
from trainer.progress import Progress
from trainer.sample import has_sample
from trainer.settings import TrainerSettings


def is_closed(
    declaration: Declaration, settings: TrainerSettings, progress: Progress, *, first: bool
) -> bool:
    """Whether it cannot be seen if there is data.

    A checkout made under umask 077 is such a one, as a container sees it. The first model is made
    all the same, from the sample and with a warning, so that the service starts; whoever asks for
    training means the data: then it raises DataRefused.
    """
    directory = settings.data_dir
    if settings.data_path or not directory.is_dir() or os.access(directory, os.R_OK | os.X_OK):
        return False
    remedy = (
        f"{directory} is closed to the user that trains (umask 077 makes it so), and what lies"
        " there cannot be used: chmod -R go+rX data"
    )
    if not first or not has_sample(declaration.schema):
        raise DataRefused(remedy)
    progress.warn(f"{remedy}. Training on the BUILT-IN SAMPLE: its rows are made up")
    return True
