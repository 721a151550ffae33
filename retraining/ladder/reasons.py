"""Why something is proposed, in sentences for people, with the figures."""

from collections.abc import Sequence

from retraining.case_facts import Maturity, Trigger
from retraining.ladder.option import Option
from retraining.ladder.standing import Standing
from retraining.ladder.words import OF_RUNG, amount, between, named, sentence
from retraining.policy import Policy

OF_NO_OPTION = (
    "No action could be estimated: there are no rows to fit one on, or none to judge it on."
)


def of_fault(trigger: Trigger) -> str:
    """Where the data are wrong, no model is to learn them."""
    diagnosis = (trigger.document or {})["diagnosis"]
    columns = ", ".join(diagnosis["columns"])
    where = f" in {columns}" if columns else ""
    return (
        f"The data are wrong ({_words(diagnosis['cause'])}{where}), and not the model: mend what"
        " makes them. Until then their rows are kept out of training."
    )


def of_waiting_for_the_diagnosis(trigger: Trigger) -> str | None:
    """Why nothing can be decided before the diagnosis says more; None where it says enough."""
    if trigger.document is None:
        return None
    diagnosis = trigger.document.get("diagnosis")
    if diagnosis is None:
        return "The incident has no diagnosis yet: what happened has to be known first."
    if diagnosis["undetermined"]:
        decides = diagnosis.get("decides")
        told = f" What would tell: {decides['observation']}." if decides else ""
        return f"The diagnosis cannot tell yet what happened.{told}"
    if trigger.action == "wait":
        return (
            f"The outcomes that are known do not stand for all ({_words(diagnosis['cause'])}): a"
            " model that learnt from them would learn which outcomes arrive."
        )
    return None


def of_coverage(maturity: Maturity, minimum: float) -> str:
    """Too few outcomes of what is due."""
    if maturity.coverage is None:
        return "No case is due yet, so that nothing can be judged."
    return (
        f"Of {maturity.due:,} due cases {maturity.known:,} have an outcome that is settled"
        f" ({maturity.coverage:.1%}; {minimum:.1%} are needed): those that lack may be of one kind."
    )


def of_bads(maturity: Maturity, minimum: int, more: int | None) -> str:
    """Too few cases with the event."""
    about = f" About {more:,} more due cases would bring them." if more else ""
    return f"The event happened in {maturity.bads:,} due cases, and {minimum:,} are needed.{about}"


def of_choice(chosen: Option, options: Sequence[Option], policy: Policy) -> str:
    """Why this rung, and why none above or below it."""
    unit = policy.unit
    below = [
        f"Beyond {OF_RUNG[beyond.rung]} it wins {between(beyond.benefit, unit)}."
        for beyond in chosen.beyond
    ]
    above = [
        _of_higher(option, chosen, between(beyond.benefit, unit), unit)
        for option in options
        for beyond in option.beyond
        if beyond.rung == chosen.rung
    ]
    return " ".join([_of_option(chosen, unit), *below, *above])


def _of_option(option: Option, unit: str) -> str:
    return (
        f"{sentence(OF_RUNG[option.rung])} wins {between(option.benefit, unit)} over the horizon"
        f" and costs {amount(option.cost, unit)}."
    )


def _of_higher(option: Option, chosen: Option, won: str, unit: str) -> str:
    more = amount(option.cost - chosen.cost, unit)
    return (
        f"Beyond that, {OF_RUNG[option.rung]} wins {won} and costs {more}: it is not sure that this"
        " pays."
    )


def of_doubt(undecided: Sequence[Option], policy: Policy, more: int | None) -> str:
    """What is not known yet, and what would tell."""
    said = [_of_option(option, policy.unit) for option in undecided]
    about = (
        f"About {more:,} more due cases would tell, if they are like those so far."
        if more
        else "No number of cases like those so far would tell: what is won is about what is paid."
    )
    return " ".join(["Whether anything pays is not known yet.", *said, about])


def of_forbidden(forbidden: Sequence[Option]) -> str:
    """What would pay and may not be done."""
    told = " ".join(f"{sentence(OF_RUNG[o.rung])}: {o.why_not}" for o in forbidden)
    return f"What would pay may not be done as it is; a person has to look. {told}"


def of_standing(standing: Standing, options: Sequence[Option]) -> str:
    """The model has become bad, and nothing on the ladder mends it."""
    return (
        f"The model leaves {standing.now:.0%} of the loss of knowing nothing, and left"
        f" {standing.then:.0%} when it was made; {named([o.rung for o in options[1:]])} would not"
        " mend it. Other features or another kind of model are a person's work."
    )


def of_nothing(options: Sequence[Option], policy: Policy) -> str:
    """All that could be done wins less than it costs."""
    told = "; ".join(
        f"{OF_RUNG[o.rung]} {between(o.benefit, policy.unit)} at {amount(o.cost, policy.unit)}"
        for o in options[1:]
    )
    return f"Nothing that could be done wins what it costs: {told}."


def _words(cause: str) -> str:
    return cause.replace("_", " ")
