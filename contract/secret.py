"""Secrets from the environment: given as text, or as a file that holds the text."""

from pathlib import Path

from pydantic import SecretStr

from contract import plain_file

_MAX_BYTES = 2**16


class SecretError(Exception):
    """A secret cannot be read; the message names the setting and quotes nothing of it."""


def read_words(name: str, text: SecretStr | None, file: Path | None) -> list[str]:
    """The words of a setting `name` or of the file that `name`_FILE names; [] where neither is set.

    Separated by commas or white space; # begins a comment. Raises SecretError, also where there
    is no word in what was set: a file that lost its content must not turn a protection off.
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
    lines = (line.partition("#")[0] for line in (content or "").splitlines())
    words = ",".join(lines).replace(",", " ").split()
    if not words:
        raise SecretError(f"{name} is set and holds nothing: unset it, or give it its value")
    return words
