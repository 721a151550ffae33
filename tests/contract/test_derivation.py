"""A derived version is another's trees with a link and a threshold of its own, or is refused."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract import bundle, golden
from contract.bundle_errors import BundleDamaged, GoldenMismatch
from contract.derivation import KEPT, Change, encode, metadata_of
from contract.link import IDENTITY, Link
from contract.metadata import METADATA
from contract.signature import SigningKeys
from contract.store import ModelStore
from tests.bundles import Fitted, publish_derived
from tests.contract.test_bundle import renamed, rewrite

LINK = Link(-0.7, 1.3)


@pytest.fixture
def derived_dir(bundle_dir: Path) -> Path:
    return bundle_dir.with_name(publish_derived(bundle_dir.parent, bundle_dir.name, LINK, 0.125))


def metadata_in(directory: Path) -> Any:
    return json.loads((directory / METADATA).read_bytes())


def test_it_scores_as_the_other_one_over_its_link(
    bundle_dir: Path, derived_dir: Path, fitted: Fitted
) -> None:
    parent, derived = bundle.load(bundle_dir), bundle.load(derived_dir)
    margins = parent.scorer.margins(fitted.rows)

    assert (derived.link, derived.threshold, derived.derived_from) == (LINK, 0.125, parent.version)
    assert (parent.link, parent.derived_from) == (IDENTITY, None)
    assert derived.scorer.score(fitted.rows).tolist() == LINK.probabilities(margins).tolist()
    assert golden.scores(derived.golden) != golden.scores(parent.golden)
    for name in KEPT:
        if (bundle_dir / name).exists():
            assert (derived_dir / name).read_bytes() == (bundle_dir / name).read_bytes()


def test_the_data_and_what_made_the_trees_stay_the_others(
    bundle_dir: Path, derived_dir: Path
) -> None:
    parent, derived = metadata_in(bundle_dir), metadata_in(derived_dir)

    for member in ("data", "settings", "libraries", "python", "preprocessing", "schema_version"):
        assert derived[member] == parent[member]
    assert derived["link"] == {"intercept": -0.7, "slope": 1.3}
    assert derived["derivation"] == {"rows_sha256": None, "reason": "for tests"}
    assert {"link", "derived_from", "derivation"}.isdisjoint(parent)


def test_a_derived_version_can_be_derived_from(derived_dir: Path, fitted: Fitted) -> None:
    """Its link is replaced, and not put on top of the other."""
    version = publish_derived(derived_dir.parent, derived_dir.name, Link(0.5, 1.0))

    second = bundle.load(derived_dir.with_name(version))

    margins = fitted.scorer.margins(fitted.rows)
    assert second.derived_from == derived_dir.name
    assert second.scorer.score(fitted.rows).tolist() == (
        Link(0.5, 1.0).probabilities(margins).tolist()
    )


def test_a_link_that_changes_nothing_is_left_out(derived_dir: Path, fitted: Fitted) -> None:
    back = publish_derived(derived_dir.parent, derived_dir.name, IDENTITY)

    loaded = bundle.load(derived_dir.with_name(back))

    assert "link" not in loaded.metadata
    assert loaded.link == IDENTITY
    expected = fitted.scorer.score(fitted.rows)
    assert loaded.scorer.score(fitted.rows).tobytes() == expected.tobytes()


CHANGE = Change(LINK, 0.125, "for tests", rows_sha256="1" * 64, reason="for tests")


def version_of(bundle_dir: Path, **changed: Any) -> str:
    fields = {name: getattr(CHANGE, name) for name in Change.__dataclass_fields__}
    version: str = metadata_of(metadata_in(bundle_dir), Change(**fields | changed))["version"]
    return version


@pytest.mark.parametrize(
    "changed",
    [
        {"link": Link(-0.7, math.nextafter(1.3, 2))},
        {"link": Link(math.nextafter(-0.7, 0), 1.3)},
        {"link": IDENTITY},
        {"threshold": math.nextafter(0.125, 1)},
        {"rows_sha256": "2" * 64},
        {"rows_sha256": None},
    ],
)
def test_the_id_follows_from_the_change(bundle_dir: Path, changed: dict[str, Any]) -> None:
    assert version_of(bundle_dir, **changed) != version_of(bundle_dir)


def test_the_id_follows_from_the_other_version_and_not_from_words(
    bundle_dir: Path, derived_dir: Path
) -> None:
    assert version_of(derived_dir) != version_of(bundle_dir)
    assert version_of(bundle_dir, reason="another", threshold_reason="another") == (
        version_of(bundle_dir)
    )
    assert version_of(bundle_dir, link=Link(1, 2)) == version_of(bundle_dir, link=Link(1.0, 2.0))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda of: of["link"].update(slope=1.4), id="slope"),
        pytest.param(lambda of: of.pop("link"), id="link"),
        pytest.param(lambda of: of["threshold"].update(value=0.2), id="threshold"),
        pytest.param(lambda of: of["derivation"].update(rows_sha256="1" * 64), id="rows"),
        pytest.param(lambda of: of.update(derived_from="gmsc-000000000000"), id="other version"),
        pytest.param(lambda of: (of.pop("derived_from"), of.pop("link"), of.pop("derivation"))),
    ],
)
def test_an_edited_ingredient_does_not_fit_the_version(
    derived_dir: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    rewrite(derived_dir, change)

    with pytest.raises(BundleDamaged, match="holds what belongs to version"):
        bundle.load(derived_dir)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda of: of["link"].update(slope=0.0), "a slope of 0 is not between"),
        (lambda of: of["link"].update(slope=-1.0), "a slope of -1 is not between"),
        (lambda of: of["link"].update(intercept=1e300), r"an intercept of 1e\+300 is not between"),
        (lambda of: of["link"].update(intercept=True), r"link\.intercept: "),
        (lambda of: of["link"].update(more=1.0), r"link\.more: "),
        (lambda of: of.update(link={"intercept": 0.0, "slope": 1.0}), "changes nothing"),
        (lambda of: of.pop("derivation"), "derived_from and derivation belong together"),
        (lambda of: of.update(derived_from=None), "derived_from and derivation belong together"),
        (lambda of: of.update(derived_from="../x"), r"derived_from: "),
        (
            lambda of: (of.pop("derived_from"), of.pop("derivation")),
            "a link belongs to a version that is derived",
        ),
        (lambda of: of["derivation"].update(reason="x" * 2001), r"derivation\.reason: "),
    ],
)
def test_a_derivation_that_is_none_is_refused(
    derived_dir: Path, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    rewrite(derived_dir, change)

    with pytest.raises(BundleDamaged, match=problem):
        bundle.load(derived_dir)


def test_another_link_does_not_give_the_golden_scores(derived_dir: Path) -> None:
    """Even where version, directory and checksum agree with each other."""
    directory = renamed(derived_dir, lambda of: of["link"].update(intercept=-0.6))

    with pytest.raises(GoldenMismatch, match="golden row 0"):
        bundle.load(directory)


def test_it_is_signed_as_any_other(derived_dir: Path) -> None:
    keys = SigningKeys(["k" * 32])
    store = ModelStore(derived_dir.parent, keys)

    store.sign(derived_dir.name)

    assert store.load(derived_dir.name).link == LINK


def test_what_a_reader_would_refuse_is_not_encoded(bundle_dir: Path) -> None:
    metadata, files = ModelStore(bundle_dir.parent).check(bundle_dir.name)
    said = metadata_of(metadata, Change(Link(0.0, -1.0), 0.2, "", None, ""))

    with pytest.raises(ValueError, match="a slope of -1 is not between"):
        encode(files, said, metrics=metadata["metrics"], extras={})
