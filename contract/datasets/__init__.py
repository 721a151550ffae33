"""The data sets that the service knows; adding one is adding its declaration here."""

from contract.datasets.give_me_some_credit import GIVE_ME_SOME_CREDIT
from contract.schema import DataSetSchema

DATASETS: dict[str, DataSetSchema] = {schema.key: schema for schema in (GIVE_ME_SOME_CREDIT,)}
