"""Whether the model is of the data set that the settings declare."""

from api.settings import ApiSettings, ModelRefused
from contract.datasets import BUILT_IN, declared
from contract.schema import DataSetSchema, SchemaError


def check_dataset(settings: ApiSettings, version: str, schema: DataSetSchema) -> None:
    """Raise ModelRefused where it is another one: the log would lack the columns of its rows."""
    name = settings.dataset
    try:
        # A built-in declaration has the name of its key.
        key = name if name in BUILT_IN else declared(name).schema.key
    except SchemaError as error:
        raise ModelRefused(f"DATASET cannot be read: {error}") from error
    if schema.key != key:
        another = f"DATASET is {name}" + (f", which declares {key}" if key != name else "")
        raise ModelRefused(
            f"{version} is a model of {schema.key}, and {another}: set DATASET to the declaration"
            f" of {schema.key}, or train a model of {key} (docker compose run --rm trainer, or"
            " python -m trainer)"
        )
