"""The built-in sample: made-up rows in the form of Give Me Some Credit, with its quirks."""

import numpy as np

from contract.schema import DataSetSchema
from trainer.data import Data
from trainer.errors import DataRefused

SOURCE = "built-in sample"
_ROWS = 20_000
_SEED = 20110919  # the day on which the competition began


def has_sample(schema: DataSetSchema) -> bool:
    """Whether there are made-up rows of the data set."""
    return schema.key == "gmsc"


def make_sample(schema: DataSetSchema) -> Data:
    """The same rows on every machine; for trying the service out, and for nothing else.

    Values are rounded far above the last bits in which machines differ.
    """
    if not has_sample(schema):
        raise DataRefused(f"there is no built-in sample of {schema.title}: set DATA_PATH")
    draw = np.random.Generator(np.random.PCG64(_SEED))
    risk = draw.normal(size=_ROWS)
    columns = {
        "RevolvingUtilizationOfUnsecuredLines": _utilization(draw, risk),
        "age": np.clip(np.round(52 - 4 * risk + 14 * draw.normal(size=_ROWS)), 21, 103),
        "NumberOfTime30-59DaysPastDueNotWorse": draw.poisson(0.22 * np.exp(0.9 * risk)),
        "DebtRatio": np.round(draw.lognormal(-1.0 + 0.1 * risk, 0.8), 9),
        "MonthlyIncome": np.round(draw.lognormal(8.6 - 0.1 * risk, 0.6)),
        "NumberOfOpenCreditLinesAndLoans": draw.poisson(8.4, _ROWS),
        "NumberOfTimes90DaysLate": draw.poisson(0.06 * np.exp(1.2 * risk)),
        "NumberRealEstateLoansOrLines": draw.poisson(1.0, _ROWS),
        "NumberOfTime60-89DaysPastDueNotWorse": draw.poisson(0.05 * np.exp(1.1 * risk)),
        "NumberOfDependents": draw.poisson(0.75, _ROWS),
    }
    features = np.column_stack([columns[name] for name in schema.names]).astype(np.float64)
    _add_quirks(draw, features, list(schema.names))
    chance = 1 / (1 + np.exp(3.9 - 1.5 * risk))
    labels = (draw.random(_ROWS) < np.round(chance, 9)).astype(np.int8)
    # The real data has the same borrower more than once.
    features[-100:], labels[-100:] = features[:100], labels[:100]
    return Data(features, labels, SOURCE, is_sample=True)


def _utilization(draw: np.random.Generator, risk: np.ndarray) -> np.ndarray:
    share = 1 / (1 + np.exp(1.2 - 1.3 * risk - 1.2 * draw.normal(size=_ROWS)))
    above = draw.random(_ROWS) < 0.02
    amount = draw.random(_ROWS) < 0.0015
    share = np.where(above, 1 + draw.exponential(0.3, _ROWS), share)
    return np.round(np.where(amount, draw.uniform(100, 20_000, _ROWS), share), 9)


def _add_quirks(draw: np.random.Generator, features: np.ndarray, names: list[str]) -> None:
    """What the real data is known for, at about its rates."""
    income, ratio = names.index("MonthlyIncome"), names.index("DebtRatio")
    past_due = [index for index, name in enumerate(names) if "PastDue" in name or "90" in name]
    no_income = draw.random(_ROWS) < 0.2
    features[no_income, income] = np.nan
    tiny = draw.random(_ROWS) < 0.015
    features[tiny & ~no_income, income] = np.round(draw.random((tiny & ~no_income).sum()))
    amounts = no_income | tiny
    features[amounts, ratio] = np.round(draw.lognormal(7.0, 1.0, amounts.sum()))
    no_dependents = no_income & (draw.random(_ROWS) < 0.13)
    features[no_dependents, names.index("NumberOfDependents")] = np.nan
    # The two codes stand in all three columns at once.
    coded = draw.random(_ROWS) < 0.002
    codes = np.where(draw.random(coded.sum()) < 0.02, 96.0, 98.0)
    for index in past_due:
        features[coded, index] = codes
    features[draw.integers(_ROWS - 100), names.index("age")] = 0
