"""The file .env, read as Docker Compose reads it: one file is for both ways to run the service."""

import re
from collections.abc import Mapping
from pathlib import Path

from local.errors import LocalError

_NAME = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*")
_QUOTED = {
    quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "'\""
}
_ESCAPE = re.compile(r"\\([abfnrtv\\\"$'])")
_ESCAPED = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_REFERENCE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-+?])(?P<word>(?:[^{}]|\{[^{}]*\})*))?\}"
    r"|(?P<dollar>\$)|(?P<broken>\{))",
    re.ASCII,
)
# Stands for a dollar that a backslash protected; no line of text holds it.
_KEPT_DOLLAR = "\0"


def read_dotenv(path: Path, shell: Mapping[str, str]) -> dict[str, str]:
    """Names and values of a file; none where there is none. Raises LocalError.

    A value may refer to variables of the shell and of the lines before it.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not in UTF-8"
        raise LocalError(f"{path} cannot be read: {reason}") from error
    return _Reader(path, text, shell).values()


class _Reader:
    """Where in the file it is, and what it has found."""

    def __init__(self, path: Path, text: str, shell: Mapping[str, str]) -> None:
        self._path = path
        self._text = text.replace("\r\n", "\n")
        self._shell = shell
        self._at = 0
        self._found: dict[str, str] = {}

    def values(self) -> dict[str, str]:
        while self._at < len(self._text):
            if self._text[self._at].isspace():
                self._at += 1
            elif self._text[self._at] == "#":
                self._rest_of_line()
            else:
                self._assignment()
        return self._found

    def _assignment(self) -> None:
        name = _NAME.match(self._text, self._at)
        if name is None:
            raise self._wrong("is no NAME=VALUE")
        value_at = name.end()
        quote = self._text[value_at : value_at + 1]
        if quote not in _QUOTED:
            self._at = value_at
            value = self._expanded(self._rest_of_line().split(" #")[0].rstrip())
        else:
            quoted = _QUOTED[quote].match(self._text, value_at)
            if quoted is None:
                raise self._wrong(f"opens a quotation mark ({quote}) that nothing closes")
            value = self._unquoted(quote, quoted[1])
            self._at = quoted.end()
            if (rest := self._rest_of_line().strip()) and not rest.startswith("#"):
                self._at = value_at
                raise self._wrong("goes on behind its closing quotation mark")
        self._found[name[1]] = value

    def _unquoted(self, quote: str, content: str) -> str:
        if quote == "'":
            return content.replace("\\'", "'")
        kept = _ESCAPE.sub(lambda escape: _character(escape[1]), content)
        return self._expanded(kept).replace(_KEPT_DOLLAR, "$")

    def _expanded(self, text: str) -> str:
        return _REFERENCE.sub(self._referred, text)

    def _referred(self, reference: re.Match[str]) -> str:
        if reference["dollar"]:
            return "$"
        if reference["broken"]:
            raise self._wrong("refers to a variable in a form that is not ${NAME}")
        name, how, word = reference["plain"] or reference["name"], reference["how"], ""
        if how:
            word = reference["word"]
        value = self._shell.get(name, self._found.get(name))
        given = value is not None and (value != "" or not (how or "").startswith(":"))
        if how and how.endswith("+"):
            return self._expanded(word) if given else ""
        if not given and how and how.endswith("?"):
            raise self._wrong(f"needs {name}, which is not set")
        return (value or "") if given or not how else self._expanded(word)

    def _rest_of_line(self) -> str:
        line, _, _ = self._text[self._at :].partition("\n")
        self._at += len(line)
        return line

    def _wrong(self, what: str) -> LocalError:
        # Never the line itself: it may hold a password.
        number = self._text.count("\n", 0, self._at) + 1
        return LocalError(f"{self._path}, line {number}: it {what}; .env.example shows the form")


def _character(escaped: str) -> str:
    return _KEPT_DOLLAR if escaped == "$" else _ESCAPED.get(escaped, escaped)
