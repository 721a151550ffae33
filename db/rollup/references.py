"""What the versions were trained on, as far as the monitor has seen it."""

from typing import Any

from contract.profile import Profile
from contract.schema import DataSetSchema
from db.rollup.predictions import Reference


def references(cursor: Any) -> dict[str, Reference]:
    """The versions whose profile is known."""
    # As text: what comes back is to the byte what was kept.
    cursor.execute(
        "SELECT model_version, declaration::text, profile::text FROM reference_profile"
        " WHERE profile IS NOT NULL"
    )
    return {
        version: Reference(
            DataSetSchema.from_json(declaration.encode()), Profile.from_json(profile.encode())
        )
        for version, declaration, profile in cursor.fetchall()
    }
