"""What the log of refused requests keeps of a request's offences: never a word of the caller's."""

import re
from collections import Counter
from collections.abc import Sequence, Set

# A row stays under two kilobytes, however many offences a request has, and however long the names
# of its fields are.
MAX_OFFENCES = 10
_MAX_NAMED_BYTES = 1000

_REPORT = frozenset({"prediction_id", "reference", "source", "event_key", "observed_at"})
_CASE = frozenset({"event_time", "outcome_due"})
_REPORT |= {"state", "outcome", "revision"}
_MEMBERS = _REPORT | _CASE | {"id", "name", "shape", "datatype", "parameters", "data"}
_OF_THE_REQUEST = re.compile(r"(?:header|path|query):[A-Za-z][\w-]{0,60}", re.ASCII)
# A number is an index only where an array of ours is: elsewhere it is a key that somebody sent.
_PLACE = re.compile(
    r"(?:/(?:instances|context|inputs|outputs|outcomes)(?:/\d{1,7})?)?"
    r"(?P<members>(?:/[^/]+){0,3}?)(?:(?<=/data)/\d{1,7}(?:/\d{1,7})?)?",
    re.ASCII,
)


def told(errors: Sequence[tuple[str, str]], fields: Set[str]) -> list[dict[str, str | int]]:
    """The offences as they are kept, of pairs of JSON pointer and rule.

    A place that the protocols know, or that `fields` of the declaration make, is kept. Everything
    else is a name that the caller made up, perhaps a secret: those are counted, one entry for each
    rule.
    """
    kept: list[dict[str, str | int]] = []
    counted: Counter[str] = Counter()
    room = _MAX_NAMED_BYTES
    for pointer, rule in errors:
        size = len(pointer.encode(errors="replace"))
        ours = rule != "unknown" and size <= room and _is_ours(pointer, fields)
        if ours and len(kept) < MAX_OFFENCES:
            kept.append({"pointer": pointer, "rule": rule})
            room -= size
        else:
            counted[rule] += 1
    return kept + [{"pointer": "", "rule": rule, "count": count} for rule, count in counted.items()]


def _is_ours(pointer: str, fields: Set[str]) -> bool:
    if _OF_THE_REQUEST.fullmatch(pointer):
        return True
    place = _PLACE.fullmatch(pointer)
    if place is None:
        return False
    names = (_unescaped(member) for member in place["members"].split("/")[1:])
    return all(name in fields or name in _MEMBERS for name in names)


def _unescaped(member: str) -> str:
    return member.replace("~1", "/").replace("~0", "~")
