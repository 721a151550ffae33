"""The data sets that the service knows; adding one is adding its declaration here."""

from typing import Annotated

from pydantic import AfterValidator

from contract.datasets.give_me_some_credit import GIVE_ME_SOME_CREDIT
from contract.schema import DataSetSchema

DATASETS: dict[str, DataSetSchema] = {schema.key: schema for schema in (GIVE_ME_SOME_CREDIT,)}


def _declared(key: str) -> str:
    if key not in DATASETS:
        raise ValueError(f"{key} is not declared; known are {', '.join(DATASETS)}")
    return key


DataSetKey = Annotated[str, AfterValidator(_declared)]
"""A setting that names one of them."""
