"""Scores against those of the held-out part: mean, share of positives, distribution."""

from collections.abc import Callable
from math import isnan

import numpy as np
from markupsafe import Markup

from monitor.page.cells import Scale, apart, apart_by_chance, shares
from monitor.page.charts import Plot
from monitor.page.counts import Floats
from monitor.page.facts import Facts
from monitor.page.figures import Cell, Check, Column, Figure, Group, Section, Table
from monitor.page.sections import linked, reference
from monitor.page.sections.drawing import few, highest, lined, plot_of, round_up, ticked
from monitor.page.window import Ints
from monitor.page.words import count, number, points, share, some

Values = list[float | None]


def section(facts: Facts) -> Section:
    """The section."""
    version = facts.version
    seen = facts.counts.seen
    if version is None or not seen.predictions.sum():
        check = Check("scores", "Scores", "wait", "Not judged yet: no prediction to judge.")
        waits = ("Waits for the first prediction.", "Scores are drawn from 20 in a step on.")
        return Section("Scores", check, waits=waits)
    mean, positive = _means(facts)
    figures = [
        _line(facts, "Mean score", "predicted probability", mean, reference.mean_score(version)),
        _line(
            facts,
            "Predicted to be 1",
            _threshold(facts),
            positive,
            reference.positive_share(version),
        ),
    ]
    if facts.layout is not None and reference.recent(facts):
        figures.append(_distribution(facts))
    return Section(
        "Scores",
        _check(facts),
        lead=_lead(facts),
        groups=(Group(3, tuple(figures)),),
        folds=(_table(facts),),
    )


def training_cells(facts: Facts) -> Ints:
    """The held-out rows in the score's bins."""
    assert facts.version is not None
    assert facts.version.profile is not None
    return np.array(facts.version.profile.score.counts.both, dtype=np.int64)


def recent_cells(facts: Facts) -> Ints:
    """The predictions of the last 7 days in the same bins."""
    assert facts.layout is not None
    cells = facts.counts.seen.cells[facts.window.last_days(), facts.layout.score_start :]
    found: Ints = cells.sum(axis=0)
    return found


def _means(facts: Facts) -> tuple[Values, Values]:
    """Mean score and share of positives by step; None with fewer than are drawn."""
    window, seen = facts.window, facts.counts.seen
    rows = window.by_step(seen.predictions)
    sums = window.by_step(seen.probability_sum)
    enough = rows >= reference.DRAWN
    divisor = np.maximum(rows, 1)
    means = np.where(enough, sums / divisor, np.nan)
    positives = np.where(enough, window.by_step(seen.positives) / divisor, np.nan)
    return _known(means), _known(positives)


def _known(values: Floats) -> Values:
    return [None if isnan(value) else value for value in values.tolist()]


def _recent(facts: Facts) -> tuple[int, float, float]:
    """Predictions of the last 7 days, their mean score and share of positives."""
    seen, days = facts.counts.seen, facts.window.last_days()
    rows = int(seen.predictions[days].sum())
    divisor = max(rows, 1)
    return (
        rows,
        float(seen.probability_sum[days].sum()) / divisor,
        float(seen.positives[days].sum()) / divisor,
    )


def _check(facts: Facts) -> Check:
    assert facts.version is not None
    rows, mean, _ = _recent(facts)
    if rows < reference.LEAST:
        return Check("scores", "Scores", "wait", reference.too_few(rows))
    trained = reference.mean_score(facts.version)
    against = f", {share(trained)} in training" if trained is not None else ""
    state, begin = linked.verdict(facts, linked.of_scores(facts))
    word = "Mean" if begin.endswith(". ") else "mean"
    text = f"{begin}{word} {share(mean)} in the last 7 days{against}."
    return Check("scores", "Scores", state, text)


def _lead(facts: Facts) -> tuple[str | Markup, ...]:
    assert facts.version is not None
    rows, mean, positive = _recent(facts)
    trained = reference.mean_score(facts.version)
    flagged = reference.positive_share(facts.version)
    if not rows:
        said = "No prediction in the last 7 days."
    else:
        said = f"The mean score of the last 7 days is {share(mean, 2)}"
        said += (
            f", against {share(trained, 2)} in the held-out part of training"
            if trained is not None
            else ""
        )
        said += f"; {share(positive)} were predicted to be 1"
        said += f", against {share(flagged)}." if flagged is not None else "."
    if facts.layout is not None and rows >= reference.LEAST:
        now, training = recent_cells(facts), training_cells(facts)
        said += (
            f" {points(apart(now, training))} of the predictions lie in other bins than in"
            f" training; chance alone would make it {points(apart_by_chance(now, training))}."
        )
    open_ones = linked.sentence(facts, linked.of_scores(facts))
    return (f"Of version {facts.version.name}. {said}", *([open_ones] if open_ones else []))


def _threshold(facts: Facts) -> str:
    assert facts.version is not None
    found = reference.threshold(facts.version)
    return (
        "share of predictions"
        if found is None
        else f"share with a score of {number(found)} or more"
    )


def _line(facts: Facts, title: str, sub: str, values: Values, trained: float | None) -> Figure:
    window = facts.window
    top = min(1.0, round_up(highest(values, [trained])))
    now = next((value for value in reversed(values) if value is not None), None)
    said = (
        f"{title} by the {window.step}: {share(now)} at last"
        if now is not None
        else f"{title}: nothing drawn"
    )
    said += f", {share(trained)} in training" if trained is not None else ""
    plot = plot_of(window, top, 132, said)
    if trained is not None:
        plot.hline(trained, "refline")
    lined(plot, window, values)
    ticked(plot, window, top, _places(top), most=few(window) + 1)
    note = " · ".join(
        text
        for text in (
            f"now {share(now)}"
            if now is not None
            else f"fewer than {reference.DRAWN} predictions in each {window.step}: not drawn",
            f"dashed: training, {share(trained)}" if trained is not None else "",
        )
        if text
    )
    return Figure(title, sub, plot.svg(), note)


def _places(top: float) -> Callable[[float], str]:
    return lambda value: share(value, 0 if top >= 0.05 else 1)


def _distribution(facts: Facts) -> Figure:
    assert facts.version is not None
    assert facts.version.profile is not None
    edges = facts.version.profile.score.edges
    now, training = shares(recent_cells(facts)), shares(training_cells(facts))
    top = round_up(max(now.max(), training.max()))
    plot = Plot((0, len(now)), (0, top * 1.08), 132, _shape(facts), top=14)
    plot.yticks([0, top], lambda value: share(value, 0))
    for at, (live, trained) in enumerate(zip(now.tolist(), training.tolist(), strict=True)):
        plot.rect(at + 0.06, at + 0.94, 0, trained, "band")
        plot.rect(at + 0.28, at + 0.72, 0, live, "fill")
    every = max(1, round(len(edges) / 5))
    plot.xticks(
        [
            (at + 1, share(edges[at], 1), "wide3" if (at // every) % 2 else "")
            for at in range(0, len(edges), every)
        ]
    )
    return Figure(
        "Scores, last 7 days",
        "share of predictions between these scores",
        plot.svg(),
        "narrow bar: now; wide, grey: training",
    )


def _shape(facts: Facts) -> str:
    assert facts.version is not None
    assert facts.version.profile is not None
    edges = facts.version.profile.score.edges
    now, training = recent_cells(facts), training_cells(facts)
    scale = Scale(edges, ())
    live = scale.percentile(now[None, :], 0.5).values[0]
    trained = scale.percentile(training[None, :], 0.5).values[0]
    return f"Scores of the last 7 days: median {share(live, 2)}, in training {share(trained, 2)}"


def _table(facts: Facts) -> Table:
    window, seen = facts.window, facts.counts.seen
    rows = window.by_step(seen.predictions).tolist()
    of_one = window.by_step(seen.positives).tolist()
    sums = window.by_step(seen.probability_sum).tolist()
    assert facts.version is not None
    name = facts.version.name
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (
            window.name(start),
            name,
            rows[at],
            sums[at] / rows[at] if rows[at] else None,
            of_one[at] / rows[at] if rows[at] else None,
        )
        for at, start in enumerate(window.steps)
    )
    columns = (
        Column("from", f"{window.step.title()} from, UTC"),
        Column("version", ""),
        Column("predictions", "Predictions", count),
        Column("mean_score", "Mean score", lambda value: share(value, 2)),
        Column("positive_share", "Predictions of 1", share),
    )
    caption = f"Scores of {some('step', len(window.steps))}"
    return Table("scores", caption, columns, cells, "no rows")
