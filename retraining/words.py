"""What is said of cases on a terminal, in lines of at most 80 columns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from monitor.page.words import count, number, share, when
from monitor.terminal import wrapped
from retraining.cases import Case
from retraining.champion import Served
from retraining.policy import unit_of
from retraining.records import Record

_NAMES = 13
"""Columns of the names in a table of facts."""
_STATES = {"rolled_back": "rolled back", "rolling_back": "a rollback was begun"}
_KINDS = {
    "looked": "looked at again",
    "promoting": "promotion begun",
    "rolling_back": "rollback begun",
    "rolled_back": "rolled back",
    "undone": "came to nothing",
}


def listing(cases: Sequence[Case]) -> str:
    """Each in a few lines, the newest first."""
    if not cases:
        return "There is no case.\n"
    return "\n".join("\n".join(_entry(case)) + "\n" for case in reversed(cases))


def shown(case: Case) -> str:
    """What is proposed, who decided, and how it came about."""
    lines = [*_head(case), "", *_facts(_terms(case)), "", "How it came about"]
    for record in case.records:
        lines += _event(record)
    return "\n".join([*lines, ""])


def explained(case: Case) -> str:
    """Why that is proposed, and why not the others."""
    content = case.proposal.content
    lines = [*_head(case), "", *_facts(_known(content))]
    lines += _titled("The actions, from the smallest to the largest", _options(case))
    lines += _titled("What to doubt", _paragraphs(content.get("limits", [])))
    conditions = content.get("conditions", {})
    lines += _titled("It may be promoted while", _paragraphs(conditions.get("promotion", [])))
    return "\n".join([*lines, ""])


def served(found: Served) -> str:
    """What served, since when, and on whose word."""
    lines = wrapped(f"{found.version} served, since {when(found.since)}.")
    if found.change is None:
        lines += wrapped("By hand: no case made it active.")
    elif found.how == "by_policy":
        lines += wrapped(f"Case {found.change.case_id}, which the policy lets go by itself.")
    elif found.approval is None:
        why = found.change.content.get("reason", "")
        lines += wrapped(
            f"By a rollback of case {found.change.case_id}, by {found.change.written_by}: {why}"
        )
    else:
        approval = found.approval
        lines += wrapped(
            f"Case {approval.case_id}, approved by {approval.written_by} on {when(approval.at)}:"
            f" {approval.content.get('reason', '')}"
        )
    if found.is_pinned:
        lines += wrapped("It was pinned by MODEL_VERSION, whatever was active.")
    if found.others:
        lines += wrapped(f"Other processes still served {', '.join(found.others)}.")
    return "\n".join([*lines, ""])


def document(case: Case) -> dict[str, Any]:
    """A case as JSON."""
    decision = case.decision
    return {
        "case": case.case_id,
        "state": case.state,
        "verdict": case.terms.verdict,
        "champion": case.terms.champion,
        "challenger": case.terms.challenger,
        "expires_at": case.proposal.content["expires_at"],
        "decided_by": None if decision is None else decision.written_by,
        "records": [record.document() for record in case.records],
    }


def _entry(case: Case) -> Iterator[str]:
    name = str(case.case_id)
    indent = " " * (len(name) + 2)
    yield f"{name}  {_state(case)}, {when(case.last.at)}"
    first, _, _ = case.terms.reason.partition(". ")
    yield from wrapped(f"{case.terms.verdict}: {first.removesuffix('.')}.", indent)


def _head(case: Case) -> list[str]:
    lines = wrapped(f"Case {case.case_id}: {case.terms.verdict}. {case.terms.reason}")
    state = f"It is {_state(case)}."
    if case.state == "proposed" and case.terms.challenger is not None:
        state += f" To be decided until {when(case.terms.expires_at)}."
    elif case.state == "approved":
        state += f" To be promoted until {when(case.terms.expires_at)}."
    elif case.begun is not None:
        state = "A change was begun, and not ended: the next command that changes something does."
    return [*lines, *wrapped(state)]


def _state(case: Case) -> str:
    return _STATES.get(case.state, case.state)


def _terms(case: Case) -> Iterator[tuple[str, str]]:
    terms, decision = case.terms, case.decision
    yield "Champion", terms.champion
    yield "Challenger", terms.challenger or "none"
    yield "Proposed by", f"{case.proposal.written_by}, {when(case.proposal.at)}"
    if decision is not None:
        why = decision.content.get("reason", "")
        yield "Decided by", f"{decision.written_by}, {when(decision.at)}: {decision.kind}. {why}"
    yield "Policy", terms.policy_sha256
    yield "Evidence", terms.evidence_sha256


def _event(record: Record) -> list[str]:
    said = record.content.get("reason") or record.content.get("problem") or ""
    if record.kind in {"proposed", "looked"}:
        said = record.content["proposal"]["verdict"]
    begin = f"  {when(record.at):24}"
    what = _KINDS.get(record.kind, record.kind)
    text = f"{what} by {record.written_by}" + (f": {said}" if said else "")
    return wrapped(text, " " * len(begin), begin)


def _known(content: Any) -> Iterator[tuple[str, str]]:
    """What was known when it was proposed."""
    maturity = content.get("maturity", {})
    if "due" in maturity:
        yield (
            "Due cases",
            (
                f"{count(maturity['due'])}, of which {count(maturity['known'])} are known and"
                f" {count(maturity['bads'])} had the event"
            ),
        )
    trigger = content.get("trigger", {})
    if wish := trigger.get("wish"):
        yield "Asked for", wish
    elif "kind" in trigger:
        yield "Opened by", trigger["kind"]
    if next_look := content["proposal"].get("next_look"):
        yield "Next look", next_look


def _options(case: Case) -> Iterator[str]:
    content = case.proposal.content
    rung = case.terms.rung
    unit = unit_of(content["policy"].get("document"))
    for option in content.get("options", []):
        benefit = option["benefit"]
        mark = "*" if option["rung"] == rung else " "
        begin = f"{mark} {option['rung']:10}"
        if option["rung"] == "nothing":
            yield from wrapped(option["why_not"] or "This is proposed.", " " * len(begin), begin)
            continue
        figures = (
            f"wins {number(benefit['estimate'])} ({number(benefit['lower'])} to"
            f" {number(benefit['upper'])}), costs {number(option['cost'])} {unit};"
            f" {share(option['flips'])} of the decisions change."
        )
        why = option["why_not"] or ("This is proposed." if mark == "*" else "It pays as well.")
        yield from wrapped(f"{figures} {why}", " " * len(begin), begin)


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in facts:
        yield from wrapped(text, " " * _NAMES, f"{name:{_NAMES}}")


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from wrapped(text, "  ", "  ")


def _titled(name: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return ["", name, *found] if found else []
