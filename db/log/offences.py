"""What the log of refused requests keeps of a request's offences: never a word of the caller's."""

import re
from collections import Counter
from collections.abc import Sequence

from contract.datasets import BUILT_IN, declared

# A row stays under two kilobytes, however many offences a request has.
MAX_OFFENCES = 10

_FIELDS = {name for key in BUILT_IN for name in declared(key).schema.names}
_MEMBERS = {"id", "name", "shape", "datatype", "parameters", "data"}
_NAMES = "|".join(re.escape(name) for name in sorted(_FIELDS | _MEMBERS, key=len, reverse=True))
# A number is an index only where an array of ours is: elsewhere it is a key that somebody sent.
_OUR_PLACE = re.compile(
    r"(?:header|path):[A-Za-z][\w-]{0,60}"
    r"|(?:/(?:instances|inputs|outputs)(?:/\d{1,7})?)?"
    rf"(?:/(?:{_NAMES})){{0,3}}(?:(?<=/data)/\d{{1,7}}(?:/\d{{1,7}})?)?",
    re.ASCII,
)


def told(errors: Sequence[tuple[str, str]]) -> list[dict[str, str | int]]:
    """The offences as they are kept, of pairs of JSON pointer and rule.

    A place that the protocols and the declarations know is kept. Everything else is a name that
    the caller made up, perhaps a secret: those are counted, one entry for each rule.
    """
    kept: list[dict[str, str | int]] = []
    counted: Counter[str] = Counter()
    for pointer, rule in errors:
        ours = rule != "unknown" and _OUR_PLACE.fullmatch(pointer)
        if ours and len(kept) < MAX_OFFENCES:
            kept.append({"pointer": pointer, "rule": rule})
        else:
            counted[rule] += 1
    return kept + [{"pointer": "", "rule": rule, "count": count} for rule, count in counted.items()]
