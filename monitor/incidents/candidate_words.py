"""The causes that were tried, and what would tell the remaining ones apart."""

from dataclasses import dataclass

from diagnosis.finding import Candidate, Decides, Diagnosis
from monitor.incidents import cause_names
from monitor.incidents.hours import time_of
from monitor.incidents.phrases import part, sentence
from monitor.incidents.told import holding
from monitor.page.words import count, day, listed, number, some


@dataclass(frozen=True, slots=True)
class CandidateWords:
    """A cause that was tried; its verdict is holds, possible or refuted."""

    name: str
    explains: float
    verdict: str
    why: str


def candidates(found: Diagnosis) -> tuple[CandidateWords, ...]:
    """The cause, those that hold beside it, the possible ones, then by what they explain."""
    chosen = holding(found)
    held = [each for each in (chosen, *found.secondary) if each is not None]
    others = [each for each in found.candidates if each not in held]
    others.sort(key=lambda each: (each.refuted_by is not None, -each.explains))
    return tuple(_words(each, holds=at < len(held)) for at, each in enumerate([*held, *others]))


def explained(found: Diagnosis) -> str:
    """How much of the movement the cause explains, and how much the next best."""
    chosen = holding(found)
    if chosen is None or found.undetermined:
        return ""
    others = [each.explains for each in found.candidates if each is not chosen]
    said = f"This explains {part(chosen.explains)} of the movement"
    if found.secondary:
        return f"{said}; what is left has a cause of its own."
    if not others:
        return f"{said}; nothing else was tried."
    most = max(others)
    end = f"nothing else explains more than {part(most)}" if most else "nothing else explains any"
    return f"{said}; {end}."


def fitted(found: Diagnosis) -> str:
    """What was fitted of the cause, where the title does not say it."""
    chosen = holding(found)
    parameters = chosen.parameters if chosen else {}
    if found.cause in {"concept_global", "concept_segment"} and "odds" in parameters:
        said = f"Their odds of going bad are {number(parameters['odds'])} times what the scores say"
        if {"low", "high"} <= parameters.keys():
            low, high = number(parameters["low"]), number(parameters["high"])
            said += f" (95% interval {low} to {high})"
        return f"{said}."
    if found.cause == "calibration" and "odds" in parameters:
        odds = number(parameters["odds"])
        return f"The odds of going bad are {odds} times what the scores say."
    return ""


def remaining(found: Diagnosis) -> str:
    """Of an undetermined one: which causes remain, and how many are excluded."""
    held = [cause_names.name(each) for each in found.secondary]
    still = [each for each in found.candidates if each not in found.secondary]
    names = [cause_names.name(each) for each in still if each.refuted_by is None]
    refuted = [each for each in found.candidates if each.refuted_by is not None]
    if not names and not held:
        return "No cause that was tried explains it."
    verb = "remains" if len(names) == 1 else "remain"
    others = some("other cause", len(refuted))
    out = f"; {others} {'is' if len(refuted) == 1 else 'are'} excluded" if refuted else ""
    first = 0 if held else 1
    names[first:] = [name[0].lower() + name[1:] for name in names[first:]]
    said = f"{listed(names)} {verb}{out}." if names else ""
    if held:
        return f"{listed(held)} {'holds' if len(held) == 1 else 'hold'}; {said}".removesuffix(
            "; "
        ) + ("" if said else ".")
    return said


def decides(found: Decides) -> str:
    """The observation, how much of it, about when."""
    needed = [
        f"about {some(noun, many)}"
        for noun, many in (("more row", found.rows), ("more due outcome", found.outcomes))
        if many is not None and count(many) not in found.observation
    ]
    said = sentence(found.observation)
    about = f"about {day(time_of(found.hour), year=True)}" if found.hour is not None else ""
    if needed:
        text = f"{' and '.join(needed)} are needed"
        said += f" {text[0].upper()}{text[1:]}"
        said += f"; at the present rate they are here {about}." if about else "."
    elif about:
        said += f" At the present rate that is {about}."
    return said


def _words(candidate: Candidate, *, holds: bool) -> CandidateWords:
    refuted = candidate.refuted_by is not None
    verdict = "refuted" if refuted else "holds" if holds else "possible"
    why = candidate.refuted_by or candidate.because
    return CandidateWords(
        cause_names.name(candidate), candidate.explains, verdict, sentence(why) if why else ""
    )
