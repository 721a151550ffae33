"""What the versions that served were trained on, kept as soon as their bundle is seen."""

import logging
from pathlib import Path

from contract import profiles
from contract.bundle_directory import read_all
from contract.bundle_errors import BundleError
from contract.bundle_files import read_metadata
from contract.metadata import SCHEMA
from contract.profile import PROFILE, Profile
from contract.schema import DataSetSchema, SchemaError
from contract.signature import SigningKeys
from contract.text import is_name
from monitor.database import MonitorConnection
from monitor.errors import MonitorError

logger = logging.getLogger("monitor")

_UNKNOWN = """
    SELECT model_version, kept.model_version IS NOT NULL FROM model_version
    LEFT JOIN reference_profile AS kept USING (model_version)
    WHERE kept.profile IS NULL"""
_KEEP = """
    INSERT INTO reference_profile (model_version, declaration, profile) VALUES (%s, %s, %s)
    ON CONFLICT (model_version) DO UPDATE SET profile = excluded.profile"""
# They were counted without cells.
_COUNT_AGAIN = """
    INSERT INTO rollup_mark
    SELECT DISTINCT hour FROM rollup_hour WHERE model_version = %s AND part = 'live'"""


class References:
    """Looks into the directory of bundles for versions of which the database knows no profile."""

    def __init__(self, models: Path, keys: SigningKeys) -> None:
        self._models = models
        self._keys = keys
        self._told: set[tuple[str, str]] = set()

    def keep(self, connection: MonitorConnection) -> None:
        """Keep what is found; says once of each version why nothing is. Raises PostgresAway."""
        with connection.attempt():
            unknown = connection.rows(_UNKNOWN)
        for version, is_kept in unknown:
            try:
                declaration, profile = self._read(version)
            except (BundleError, MonitorError) as error:
                self._tell(version, str(error))
                continue
            if profile is None:
                self._tell(version, f"has no profile: run `trainer profile {version}`")
                if is_kept:
                    continue
            with connection.attempt():
                connection.execute(_KEEP, (version, declaration, profile))
                connection.execute(_COUNT_AGAIN, (version,))

    def _read(self, version: str) -> tuple[str, str | None]:
        """schema.json and profile.json of a version, checked."""
        if not is_name(version):
            raise MonitorError("is no name of a bundle")
        directory = self._models / version
        files = read_metadata(directory, self._keys)["files"]
        wanted = {name: files[name] for name in (SCHEMA, PROFILE) if name in files}
        found = read_all(directory, wanted, frozenset())
        try:
            DataSetSchema.from_json(found[SCHEMA])
            if PROFILE in found:
                profile: bytes | None = found[PROFILE]
                Profile.from_json(found[PROFILE])
            else:
                profile = profiles.read(directory, self._keys)
        except (SchemaError, ValueError) as error:
            raise MonitorError(f"its bundle cannot be used: {error}") from error
        return found[SCHEMA].decode(), None if profile is None else profile.decode()

    def _tell(self, version: str, reason: str) -> None:
        if (version, reason) not in self._told:
            self._told.add((version, reason))
            logger.warning("%s is counted without its features: %s", version, reason)
