"""Give Me Some Credit (Kaggle, 2011): will a borrower be 90 days late within two years?"""

from contract.schema import DataSetSchema, Feature, RatioOf, Target

# The bureau's own codes in the three past-due counts; they are no counts.
_PAST_DUE_CODES = (96.0, 98.0)


def _count(name: str, description: str, example: float, *, past_due: bool = False) -> Feature:
    return Feature(
        name=name,
        kind="integer",
        nullable=False,
        minimum=0,
        maximum=1000,
        unit="count",
        description=description,
        example=example,
        missing_codes=_PAST_DUE_CODES if past_due else (),
    )


GIVE_ME_SOME_CREDIT = DataSetSchema(
    key="gmsc",
    version=1,
    title="Give Me Some Credit",
    features=(
        Feature(
            name="RevolvingUtilizationOfUnsecuredLines",
            kind="float",
            nullable=False,
            minimum=0,
            maximum=1e9,
            unit="ratio",
            description="Balance on cards and personal lines of credit, divided by their limits",
            example=0.7,
        ),
        Feature(
            name="age",
            kind="integer",
            nullable=False,
            minimum=0,
            maximum=130,
            unit="years",
            description="Age of the borrower; 0 means unknown",
            example=45,
            missing_codes=(0.0,),
        ),
        _count(
            "NumberOfTime30-59DaysPastDueNotWorse",
            "Times 30 to 59 days past due in the last two years; 96 and 98 mean unknown",
            1,
            past_due=True,
        ),
        Feature(
            name="DebtRatio",
            kind="float",
            nullable=False,
            minimum=0,
            maximum=1e9,
            unit="ratio",
            description=(
                "Monthly debt payments, alimony and living costs, divided by monthly gross income;"
                " where the income is missing or at most 1, the amount itself"
            ),
            example=0.5,
            ratio_of=RatioOf(feature="MonthlyIncome", above=1),
        ),
        Feature(
            name="MonthlyIncome",
            kind="float",
            nullable=True,
            minimum=0,
            maximum=1e9,
            unit="currency per month",
            description="Monthly gross income; null means unknown",
            example=6000,
        ),
        _count(
            "NumberOfOpenCreditLinesAndLoans",
            "Open instalment loans and lines of credit",
            8,
        ),
        _count(
            "NumberOfTimes90DaysLate",
            "Times 90 days or more past due; 96 and 98 mean unknown",
            0,
            past_due=True,
        ),
        _count(
            "NumberRealEstateLoansOrLines",
            "Mortgages and real-estate loans, home-equity lines included",
            1,
        ),
        _count(
            "NumberOfTime60-89DaysPastDueNotWorse",
            "Times 60 to 89 days past due in the last two years; 96 and 98 mean unknown",
            0,
            past_due=True,
        ),
        Feature(
            name="NumberOfDependents",
            kind="integer",
            nullable=True,
            minimum=0,
            maximum=1000,
            unit="count",
            description="Dependents in the family, the borrower excluded; null means unknown",
            example=2,
        ),
    ),
    target=Target(
        name="SeriousDlqin2yrs",
        description="90 days past due or worse within two years",
    ),
)
