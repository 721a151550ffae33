"""A password that a file holds, with any characters in it."""

from pathlib import Path

from contract.secret import SecretError


def read_password(setting: str, file: Path) -> str:
    """The one line of the file that `setting` names.

    Raises SecretError, which quotes nothing of it.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SecretError(f"{setting}: cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SecretError(f"{setting}: {file} is not text in UTF-8") from error
    # An editor or `echo` ends the line; anything else may be part of the password.
    password = text.removesuffix("\n").removesuffix("\r")
    if not password:
        raise SecretError(f"{setting}: {file} is empty")
    if not password.isprintable():
        raise SecretError(f"{setting}: {file} must hold one line, without control characters")
    return password
