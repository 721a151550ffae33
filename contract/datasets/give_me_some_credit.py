"""Give Me Some Credit (Kaggle, 2011)."""

from contract.datasets import declared

GIVE_ME_SOME_CREDIT = declared("gmsc").schema
