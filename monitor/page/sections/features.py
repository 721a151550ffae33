"""Every feature against the held-out part of training: over time, and by how far it moved."""

from markupsafe import Markup

from monitor.page.cells import apart, apart_by_chance
from monitor.page.facts import Facts
from monitor.page.figures import Cell, Check, Column, Figure, Group, Section, Table
from monitor.page.sections import linked, reference
from monitor.page.sections.feature import Feature
from monitor.page.sections.kinds import features_of
from monitor.page.window import WEEK
from monitor.page.words import count, day, points

# More charts nobody reads, and a browser takes its time.
FIGURES = 60


def section(facts: Facts) -> Section:
    """The section."""
    if (why := reference.missing(facts)) is not None:
        check = Check("features", "Features", "wait", f"Not judged yet. {why[0]}")
        return Section("Features against training", check, waits=why)
    features = list(features_of(facts))
    rows = reference.recent(facts)
    if rows >= reference.LEAST:
        features.sort(key=lambda feature: -apart(feature.now, feature.training))
    return Section(
        "Features against training",
        _check(facts, features, rows),
        lead=(*_lead(facts, features, rows), *_open(facts)),
        groups=(Group(5, tuple(_figure(facts, feature) for feature in features[:FIGURES])),),
        folds=(_moved(features),),
        notes=_notes(facts, features),
        files={"features": lambda: _by_step(facts, features)},
    )


def _check(facts: Facts, features: list[Feature], rows: int) -> Check:
    if rows < reference.LEAST:
        return Check("features", "Features", "wait", reference.too_few(rows))
    first = features[0]
    state, begin = linked.verdict(facts, linked.of_features(facts))
    text = (
        f"{begin}{first.name} moved most, by {points(apart(first.now, first.training))} of"
        " share in the last 7 days."
    )
    return Check("features", "Features", state, text)


def _lead(facts: Facts, features: list[Feature], rows: int) -> tuple[str, ...]:
    assert facts.version is not None
    begin = f"Of version {facts.version.name}. "
    if rows < reference.LEAST:
        return (
            f"{begin}{reference.too_few(rows)} Until then what came and the training part are"
            " drawn, in the order of the declaration.",
        )
    first = features[0]
    moved = apart(first.now, first.training)
    chance = apart_by_chance(first.now, first.training)
    return (
        f"{begin}Those that moved most come first. In the last 7 days, from"
        f" {day(facts.window.end - WEEK)}, {first.name} moved most: {points(moved)} of its"
        f" {count(rows)} values lie elsewhere than in training; chance alone would make it"
        f" {points(chance)}. That is a distance, and no test.",
    )


def _open(facts: Facts) -> tuple[Markup, ...]:
    said = linked.sentence(facts, linked.of_features(facts))
    return (said,) if said else ()


def _notes(facts: Facts, features: list[Feature]) -> tuple[Markup, ...]:
    seen = facts.counts.seen
    left_out = int((seen.predictions - seen.counted).sum())
    said = Markup(
        "Grey: the middle 80% of training, or its share; dashed: its median. Blue: median or share"
        " of each step; light blue: 10th and 90th percentile. Values lie evenly within a bin; codes"
        " that mean missing are left out, as are steps of fewer than {} predictions."
    ).format(reference.DRAWN)
    if len(features) > FIGURES:
        said += Markup(" The first {} of {} features are drawn; the files have all.").format(
            FIGURES, len(features)
        )
    if not left_out:
        return (said,)
    more = Markup(
        "{} predictions were counted before the version had a profile and are in no cell."
    )
    return said, more.format(count(left_out))


def _figure(facts: Facts, feature: Feature) -> Figure:
    note = feature.note() + linked.note(facts, feature.name)
    return Figure(feature.title, feature.unit, feature.draw(), note)


def _moved(features: list[Feature]) -> Table:
    columns = (
        Column("feature", "Feature"),
        Column("version", ""),
        Column("apart_points", "Moved, points of share", lambda value: f"{value:.1f}"),
        Column("by_chance_points", "by chance", lambda value: f"{value:.1f}"),
        Column("measure", "What is drawn"),
        Column("now", "Last 7 days"),
        Column("training", "In training"),
        Column("predictions", "Predictions", count),
    )
    rows: list[tuple[Cell, ...]] = []
    for feature in features:
        enough = int(feature.now.sum()) > 0
        rows.append(
            (
                feature.name,
                feature.version,
                100 * apart(feature.now, feature.training) if enough else None,
                100 * apart_by_chance(feature.now, feature.training) if enough else None,
                feature.measure,
                feature.said_now(),
                feature.said_training(),
                int(feature.now.sum()),
            )
        )
    return Table(
        "features_moved",
        "Features, the last 7 days against training",
        columns,
        tuple(rows),
        ranked=True,
    )


def _by_step(facts: Facts, features: list[Feature]) -> Table:
    """All that is drawn and more, one number to a row; which version answered stands in each."""
    columns = (
        Column("from", "From"),
        Column("version", ""),
        Column("feature", "Feature"),
        Column("predictions", "Predictions"),
        Column("measure", "Measure"),
        Column("value", "Value"),
        Column("open", "Open"),
        Column("training", "Training"),
    )
    names = [facts.window.name(start) for start in facts.window.steps]
    rows: list[tuple[Cell, ...]] = []
    for feature in features:
        predictions = feature.cells.sum(axis=1).tolist()
        for measure, values, opens, training in feature.measures():
            rows += [
                (name, feature.version, feature.name, rows_, measure, value, side, training)
                for name, rows_, value, side in zip(names, predictions, values, opens, strict=True)
                if rows_
            ]
    return Table("features", "Features by step", columns, tuple(rows), "")
