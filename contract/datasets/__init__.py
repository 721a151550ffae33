"""The tables that the service knows: those declared here, and those that a file declares."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from contract import declaration
from contract.declaration import Declaration
from contract.schema import SchemaError

_HERE = Path(__file__).parent

BUILT_IN = tuple(sorted(file.stem for file in _HERE.glob("*.toml")))
"""Names of the declarations that come with the service."""


def declared(name: str) -> Declaration:
    """The declaration of a built-in name or in a file (*.toml); raises SchemaError."""
    try:
        built_in = _named(name) in BUILT_IN
    except ValueError as error:
        raise SchemaError(str(error)) from error
    return declaration.read(_HERE / f"{name}.toml" if built_in else Path(name))


def _named(name: str) -> str:
    if name not in BUILT_IN and not name.endswith(".toml"):
        raise ValueError(
            f"{name} is not declared; known are {', '.join(BUILT_IN)}; or name a file, as"
            " data/loans.toml"
        )
    return name


DataSetName = Annotated[str, AfterValidator(_named)]
"""A setting that names a declaration; the file is read by whoever needs it."""
