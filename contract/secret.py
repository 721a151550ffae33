"""Secrets from the environment: given as text, or as a file that holds the text."""

from pathlib import Path

from pydantic import SecretStr

from contract import plain_file

_MAX_BYTES = 2**16

_BOM = "\ufeff"
_QUOTES = "\"'`"
_TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"


class SecretError(Exception):
    """A secret cannot be read; the message names the setting and quotes nothing of it."""


def read_words(name: str, text: SecretStr | None, file: Path | None) -> list[str]:
    """The words of a setting `name` or of the file that `name`_FILE names; [] where neither is set.

    Separated by commas or white space; # begins a comment. What editors and shells add is no part
    of a word: a byte order mark, any ends of lines, quotation marks around it. Raises SecretError,
    also where there is no word in what was set: a file that lost its content must not turn a
    protection off.
    """
    if text is None and file is None:
        return []
    if text is not None and file is not None:
        raise SecretError(f"{name} and {name}_FILE are both set: keep one of them")
    try:
        # An operator's own path, which may be a link, as Kubernetes mounts secrets.
        content = (
            plain_file.read(file, _MAX_BYTES, follow=True).decode()
            if file
            else text and text.get_secret_value()
        )
    except OSError as error:
        raise SecretError(f"{name}_FILE: cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SecretError(f"{name}_FILE: {file} is not text in UTF-8") from error
    lines = (line.partition("#")[0] for line in (content or "").removeprefix(_BOM).splitlines())
    words = _unquoted(" ".join(lines).strip()).replace(",", " ").split()
    if not words:
        raise SecretError(f"{name} is set and holds nothing: unset it, or give it its value")
    return [_plain(name, number, word) for number, word in enumerate(words, 1)]


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES
    return text[1:-1] if is_quoted and text[0] not in text[1:-1] else text


def _plain(name: str, number: int, word: str) -> str:
    """The word without its quotation marks; raises SecretError where it cannot be what was meant.

    A mark that nobody sees would make it another word than the one that somebody copied.
    """
    word = _unquoted(word)
    for letter in word:
        if not letter.isprintable() or letter in _TYPOGRAPHIC:
            raise SecretError(
                f"entry {number} of {name} holds the character U+{ord(letter):04X}, which nobody"
                " types: copy it again, as plain text"
            )
    if not word or word[0] in _QUOTES or word[-1] in _QUOTES:
        raise SecretError(
            f"entry {number} of {name} has a quotation mark at one end: leave it out, or close it"
        )
    return word
