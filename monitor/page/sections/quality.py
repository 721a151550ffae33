"""Data quality: missing, beyond training's range, unseen levels, codes that mean missing."""

from dataclasses import dataclass

from markupsafe import Markup

from monitor.page.facts import Facts
from monitor.page.figures import Cell, Check, Column, Figure, Group, Section, Table
from monitor.page.sections import linked, reference
from monitor.page.sections.drawing import few, highest, lined, plot_of, round_up, ticked
from monitor.page.sections.feature import Feature
from monitor.page.sections.kinds import features_of
from monitor.page.words import count, listed, points, share, some

# More than so many points of share more or less are missing than in training: said first.
MISSING_POINTS = 0.05


@dataclass(frozen=True, slots=True)
class Signal:
    """Of one feature, in the last 7 days: rows, and shares now and in training."""

    feature: Feature
    rows: int
    missing: float
    missing_trained: float
    below: int
    above: int
    unseen: int | None
    codes: float | None
    codes_trained: float | None

    @property
    def gap(self) -> float:
        """How much more is missing."""
        return self.missing - self.missing_trained


def section(facts: Facts) -> Section:
    """The section."""
    if (why := reference.missing(facts)) is not None:
        check = Check("quality", "Data quality", "wait", f"Not judged yet. {why[0]}")
        return Section("Data quality", check, waits=why)
    rows = reference.recent(facts)
    if not rows:
        text = "Not judged yet: no prediction in the last 7 days."
        waits = (
            "Waits for predictions of the last 7 days; there are none.",
            "Impossible values are refused from the first request on, and stand under traffic.",
        )
        return Section("Data quality", Check("quality", "Data quality", "wait", text), waits=waits)
    signals = list(signals_of(facts))
    drawn = [signal for signal in signals if signal.missing or signal.missing_trained]
    return Section(
        "Data quality",
        _check(facts, signals, rows),
        lead=(_lead(signals, rows), *_open(facts)),
        tables=(_table(signals),),
        groups=(Group(5, tuple(_figure(signal.feature) for signal in drawn), _MISSING),)
        if drawn
        else (),
        folds=(_missing_table(facts, [signal.feature for signal in drawn]),) if drawn else (),
    )


_MISSING = "Missing values by time"


def signals_of(facts: Facts) -> list[Signal]:
    """Those of each feature, the ones that say something first."""
    assert facts.layout is not None
    recent = facts.counts.seen.cells[facts.window.last_days()].sum(axis=0)
    found = [
        _signal(feature, recent[place.end], recent[place.end + 1])
        for feature, place in zip(features_of(facts), facts.layout.places, strict=True)
    ]
    return sorted(
        found,
        key=lambda signal: (
            -abs(signal.gap) if abs(signal.gap) > MISSING_POINTS else 0,
            -(signal.unseen or 0),
            -(signal.below + signal.above),
            -max(signal.missing, signal.missing_trained),
            -(signal.codes or 0),
        ),
    )


def _signal(feature: Feature, below: int, above: int) -> Signal:
    rows = max(int(feature.now.sum()), 1)
    trained = max(int(feature.training.sum()), 1)
    codes = set(map(float, feature.declared.missing_codes))
    at = [1 + place for place, atom in enumerate(feature.column.atoms) if atom in codes]
    return Signal(
        feature,
        rows,
        int(feature.now[0]) / rows,
        int(feature.training[0]) / trained,
        int(below),
        int(above),
        int(feature.now[-1]) if feature.declared.kind == "category" else None,
        int(feature.now[at].sum()) / rows if codes else None,
        int(feature.training[at].sum()) / trained if codes else None,
    )


def _open(facts: Facts) -> tuple[Markup, ...]:
    said = linked.sentence(facts, linked.of_quality(facts))
    return (said,) if said else ()


def _check(facts: Facts, signals: list[Signal], rows: int) -> Check:
    if rows < reference.LEAST:
        return Check("quality", "Data quality", "wait", reference.too_few(rows))
    state, begin = linked.verdict(facts, linked.of_quality(facts))
    return Check("quality", "Data quality", state, begin + _short(signals))


def _short(signals: list[Signal]) -> str:
    gaps = [signal for signal in signals if abs(signal.gap) > MISSING_POINTS]
    beyond = sum(signal.below + signal.above for signal in signals)
    unseen = sum(signal.unseen or 0 for signal in signals)
    said = []
    if gaps:
        first = gaps[0]
        said.append(
            f"{first.feature.name} is missing in {share(first.missing)}, in training in"
            f" {share(first.missing_trained)}"
        )
    if unseen:
        said.append(f"{some('value', unseen)} of unseen levels")
    if beyond:
        said.append(f"{some('value', beyond)} beyond training's range")
    return ("; ".join(said) or "as in training") + "."


def _lead(signals: list[Signal], rows: int) -> str:
    gaps = [signal for signal in signals if abs(signal.gap) > MISSING_POINTS]
    beyond = [signal for signal in signals if signal.below + signal.above]
    unseen = [signal for signal in signals if signal.unseen]
    said = [f"Of {some('prediction', rows)} in the last 7 days."]
    if gaps:
        said.append(
            f"More or fewer values are missing than in training, by over {points(MISSING_POINTS)},"
            f" of {listed([signal.feature.name for signal in gaps])}."
        )
    else:
        said.append(
            f"No feature is missing more or less often than in training by over"
            f" {points(MISSING_POINTS)}."
        )
    if beyond:
        many = sum(signal.below + signal.above for signal in beyond)
        said.append(
            f"{some('value', many)} of {listed([signal.feature.name for signal in beyond])} were"
            " smaller or greater than any in training."
        )
    if unseen:
        said.append(
            f"Levels that training did not know came for"
            f" {listed([signal.feature.name for signal in unseen])}; they are taken as missing."
        )
    said.append("Impossible values are refused and stand under traffic.")
    return " ".join(said)


def _table(signals: list[Signal]) -> Table:
    columns = (
        Column("feature", "Feature"),
        Column("version", ""),
        Column("predictions", "Predictions", count),
        Column("missing_share", "Missing", share),
        Column("missing_share_training", "Missing in training", share),
        Column("below_training", "Below the least of training", count),
        Column("above_training", "Above its greatest", count),
        Column("unseen_level", "Unseen levels", count),
        Column("code_share", "Codes for missing", lambda value: share(value, 2)),
        Column("code_share_training", "Codes in training", lambda value: share(value, 2)),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            signal.feature.name,
            signal.feature.version,
            signal.rows,
            signal.missing,
            signal.missing_trained,
            signal.below,
            signal.above,
            signal.unseen,
            signal.codes,
            signal.codes_trained,
        )
        for signal in signals
    )
    return Table("quality", "The last 7 days against training", columns, rows, "", ranked=True)


def _figure(feature: Feature) -> Figure:
    values = feature.missing()[1]
    drawn = [
        value if enough else None
        for value, enough in zip(values, feature.enough.tolist(), strict=True)
    ]
    trained = feature.missing()[3]
    top = min(1.0, round_up(highest(drawn, [trained])))
    now = share(int(feature.now[0]) / max(int(feature.now.sum()), 1))
    label = f"Missing values of {feature.name}: {now} in the last 7 days"
    plot = plot_of(feature.window, top, 92, label)
    if trained is not None:
        plot.hline(trained, "refline")
    lined(plot, feature.window, drawn)
    ticked(
        plot,
        feature.window,
        top,
        lambda value: share(value, 0 if top >= 0.05 else 1),
        most=few(feature.window),
    )
    return Figure(
        feature.title, "missing", plot.svg(), f"{now} in 7 days, {share(trained or 0)} in training"
    )


def _missing_table(facts: Facts, features: list[Feature]) -> Table:
    columns = [
        Column("from", f"{facts.window.step.title()} from, UTC"),
        Column("predictions", "Predictions", count),
    ]
    columns += [Column(feature.name, feature.name, share) for feature in features]
    values = [feature.missing()[1] for feature in features]
    rows: list[tuple[Cell, ...]] = []
    predictions = features[0].cells.sum(axis=1).tolist()
    for at, start in enumerate(facts.window.steps):
        rows.append((facts.window.name(start), predictions[at], *(line[at] for line in values)))
    return Table("missing", "Share of missing values", tuple(columns), tuple(rows))
