"""What served when: which version answered, and who activated it why."""

from markupsafe import Markup

from monitor.page.charts import Plot
from monitor.page.facts import Facts
from monitor.page.figures import Cell, Check, Column, Figure, Group, Section, Table
from monitor.page.words import count, day, listed, some, when

_REASONS = {
    "start": "active when the process began",
    "pinned": "named by MODEL_VERSION",
    "activated": "made active while it served",
}
_LANES = 8
_LANE = 30


def section(facts: Facts) -> Section:
    """The section."""
    title = "What served when"
    check = _check(facts)
    if not facts.activations and not facts.counts.versions:
        waits = (
            "Waits for the first api that serves a version.",
            "Each tells of it when it starts.",
        )
        return Section(title, check, waits=waits)
    groups = (Group(1, (_figure(facts),)),) if facts.counts.versions else ()
    folds = (_activations(facts),) if facts.activations else ()
    return Section(
        title, check, lead=_lead(facts), groups=groups, tables=(_versions(facts),), folds=folds
    )


def serving(facts: Facts) -> list[str]:
    """The versions of the processes that run; of an earlier moment the one activated last."""
    if not facts.activations:
        return []
    running = {process.process_id for process in facts.processes if process.state == "running"}
    latest: dict[str, str] = {}
    for activation in facts.activations:
        if activation.process_id in running:
            latest.setdefault(activation.process_id, activation.version)
    if facts.window.past or not latest:
        return [facts.activations[0].version]
    return sorted(set(latest.values()))


def _check(facts: Facts) -> Check:
    names = serving(facts)
    if not names:
        return Check("served", "Served", "wait", "No api has told yet what it serves.")
    if len(names) > 1:
        text = f"{len(names)} versions at once: {listed(names)}."
        return Check("served", "Served", "ask", text, f"{len(names)} versions answer at once")
    since = next(
        (each.at for each in reversed(facts.activations) if each.version == names[0]), None
    )
    text = f"{names[0]}" + (f", first on {day(since, year=True)}." if since else ".")
    if facts.version is not None and facts.version.is_sample and facts.version.name == names[0]:
        text += " Trained on the built-in sample: its scores mean nothing."
        headline = "the model was trained on the built-in sample"
        return Check("served", "Served", "ask", text, headline)
    return Check("served", "Served", "ok", text)


def _lead(facts: Facts) -> tuple[str, ...]:
    if not facts.activations:
        return ("No api has told what it serves; these versions answered.",)
    last = facts.activations[0]
    changes = [each for each in facts.activations if each.previous not in {None, each.version}]
    in_window = [each for each in changes if each.at >= facts.window.start]
    said = (
        f"Version {last.version} was taken up last, on {when(last.at)}, by {last.instance}:"
        f" {_REASONS[last.reason]}."
    )
    if in_window:
        said += f" {some('change', len(in_window))} of version since {day(facts.window.start)}."
    else:
        said += f" No process changed its version since {day(facts.window.start)}."
    return (said,)


def _figure(facts: Facts) -> Figure:
    window = facts.window
    by_version = window.by_step(facts.counts.by_version)
    names = facts.counts.versions[:_LANES]
    height = 20 + _LANE * len(names)
    label = f"Version that answered, by the {window.step}: {listed(list(names), _LANES)}"
    plot = Plot(window.span, (0, len(names)), height, label, top=0)
    for lane, name in enumerate(names):
        base = len(names) - 1 - lane
        start: int | None = None
        values = by_version[lane].tolist()
        for at, value in enumerate([*values, 0]):
            if value and start is None:
                start = at
            elif not value and start is not None:
                half = window.length.total_seconds() / 86_400 / 2
                plot.rect(
                    window.x(start) - half,
                    window.x(at - 1) + half,
                    base + 0.08,
                    base + 0.42,
                    "fill",
                )
                start = None
        plot.text(0, base + 0.55, name, cls="on")
    plot.hline(0, "base").xticks(window.ticks())
    return Figure(
        "Version that answered",
        f"a bar where there were predictions in the {window.step}",
        plot.svg(),
    )


def _versions(facts: Facts) -> Table:
    columns = (
        Column("version", "Version"),
        Column("first_prediction", "First prediction"),
        Column("last_prediction", "Last prediction"),
        Column("predictions", "Predictions in all", count),
        Column("predictions_shown", f"since {day(facts.window.start)}", count),
    )
    rows: list[tuple[Cell, ...]] = []
    for name in sorted({choice.version for choice in facts.choices}):
        own = [choice for choice in facts.choices if choice.version == name]
        rows.append(
            (
                name,
                min(choice.first for choice in own).isoformat(),
                max(choice.last for choice in own).isoformat(),
                sum(choice.predictions for choice in own),
                sum(choice.shown for choice in own),
            )
        )
    rows.sort(key=lambda row: str(row[2]), reverse=True)
    return Table("versions", "Versions that answered", columns, tuple(rows), ranked=True)


def _activations(facts: Facts) -> Table:
    columns = (
        Column("from", "From, UTC"),
        Column("version", "Version"),
        Column("before", "Before"),
        Column("reason", "Why"),
        Column("instance", "By which host"),
    )
    rows = tuple(
        (
            f"{each.at:%Y-%m-%d %H:%M}",
            each.version,
            each.previous or "",
            _REASONS[each.reason],
            each.instance,
        )
        for each in reversed(facts.activations)
    )
    return Table("served", "When a process began to serve a version", columns, rows)


def sample_notice(facts: Facts) -> str | Markup:
    """What stands at the top where scores mean nothing; empty where they do."""
    if facts.version is None or not facts.version.is_sample:
        return ""
    return (
        f"Version {facts.version.name} was trained on the built-in sample, not on real data:"
        " what it predicts means nothing."
    )
