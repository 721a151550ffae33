"""`python -m benchmarks.run`: our service, the ceiling and the usual template, side by side."""

import argparse
import statistics
import sys
from typing import Any

from benchmarks import in_process, load, report, rounds, scaling
from benchmarks.machine import resident_mib
from benchmarks.rig import Rig, RigError, Server, opened
from benchmarks.rounds import Table

_BATCH_CONNECTIONS = (1, 2, 4)


def main() -> int:
    """Run the command line; the exit code."""
    arguments = _parser().parse_args()
    try:
        load.require()
        with opened() as rig:
            figures: dict[str, Any] = {"rows": rig.rows.source}
            say(f"rows: {rig.rows.source}")
            for name in arguments.only or ("serving", "batch", "in-process"):
                say(f"\n{name}")
                figures[name] = _MEASUREMENTS[name](rig, arguments)
    except (load.LoadError, RigError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    path = report.write("bench", figures)
    say(f"\nresult: {path}")
    return 0


def say(text: str) -> None:
    """Progress and results, at once."""
    print(text, flush=True)


def _serving(rig: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    """/predict of all servers, interleaved."""
    ours = rig.ours()
    servers = [rig.bare("ceiling"), rig.bare("template"), ours]
    before, logged = resident_mib(ours.pid), rig.logged()
    targets = {server.name: predict_target(rig, server) for server in servers}
    table = rounds.run(
        targets,
        arguments.connections,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        say=say,
    )
    answered = _answered(table)
    figures = {
        **report.table_data(table),
        "start_to_ready_seconds": ours.ready_seconds,
        "resident_mib": [before, resident_mib(ours.pid)],
        "answered_in_rounds": answered,
        "logged": rig.logged() - logged,
    }
    say(f"\n{report.table_text(table)}\n")
    say(f"start to ready {ours.ready_seconds:.2f} s; memory of the api, MiB: {before} before,")
    say(f"{figures['resident_mib'][1]} after; answered {answered:,}, logged {figures['logged']:,}")
    say(verdict(table))
    report.draw(curves(table), report.RESULTS / "connections.png")
    return figures


def _batch(rig: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    """/predict/batch with a thousand rows a request."""
    server = rig.ours()
    bodies = rig.rows.batches()
    target = load.Target(rig.directory, "batch", server.url, "/predict/batch", bodies)
    table = rounds.run(
        {"batch": target},
        _BATCH_CONNECTIONS,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        say=lambda _: None,
    )
    figures = report.table_data(table)
    figures["resident_mib"] = resident_mib(server.pid)
    for count in _BATCH_CONNECTIONS:
        rows_a_second = 1000 * table.rate(count, "batch")
        figures[f"rows_a_second_{count}"] = round(rows_a_second)
        say(
            f"{count} connections: {rows_a_second:,.0f} rows/s, spread"
            f" {table.spread(count, 'batch'):.0%}, p50 {table.p50(count, 'batch'):.1f} ms"
        )
    say(f"memory of the api: {figures['resident_mib']} MiB\n{verdict(table)}")
    return figures


def predict_target(rig: Rig, server: Server) -> load.Target:
    """/predict of a server that takes our request."""
    return load.Target(rig.directory, server.name, server.url, "/predict", rig.rows.one_each())


def curves(table: Table) -> dict[str, list[tuple[int, float]]]:
    """For the picture: each server's rate at each number of connections."""
    found: dict[str, list[tuple[int, float]]] = {}
    for count, name in sorted(table.measured):
        found.setdefault(name, []).append((count, table.rate(count, name)))
    return found


def verdict(table: Table) -> str:
    """Whether the machine was quiet enough to tell."""
    warnings = table.warnings()
    return "\n".join(f"NOISY: {item}" for item in warnings) or "the machine was quiet"


def _answered(table: Table) -> int:
    runs = [item for (_, name), items in table.measured.items() if name == "ours" for item in items]
    return sum(item.requests - item.refused for item in runs)


def _connections(rig: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    servers = [rig.bare("ceiling"), rig.ours()]
    targets = {server.name: predict_target(rig, server) for server in servers}
    table = scaling.connections(targets, arguments.rounds, arguments.seconds, say)
    say(f"{report.table_text(table)}\n{verdict(table)}")
    report.draw(curves(table), report.RESULTS / "connections.png")
    return report.table_data(table)


def _workers(rig: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for workers in (1, 2):
        server = rig.ours(WORKERS=str(workers))
        target = predict_target(rig, server)
        target.load(64, 1)
        rates = [target.load(64, arguments.seconds).rate for _ in range(arguments.rounds)]
        found[str(workers)] = {"rates": rates, "resident_mib": resident_mib(server.pid)}
        say(f"{workers} workers: {statistics.median(rates):,.0f} requests/s at 64 connections")
    return found


def _logged(rig: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    target = predict_target(rig, rig.ours())
    return scaling.logged_rows(rig, target, arguments.rows, arguments.seconds, say)


def _million(rig: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    server = rig.ours()
    return scaling.many(predict_target(rig, server), server.pid, arguments.requests, say)


def _in_process(rig: Rig, _: argparse.Namespace) -> dict[str, Any]:
    return in_process.scoring(rig.directory / "models", rig.rows.values, say)


def _training(_: Rig, arguments: argparse.Namespace) -> dict[str, Any]:
    return in_process.training(arguments.copies, say)


_MEASUREMENTS = {
    "serving": _serving,
    "batch": _batch,
    "in-process": _in_process,
    "connections": _connections,
    "workers": _workers,
    "logged": _logged,
    "requests": _million,
    "training": _training,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "only", nargs="*", choices=[*_MEASUREMENTS, []], help="default: the first 3"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="length of one run")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64, 256])
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[0, 100_000, 1_000_000], help="rows in the log"
    )
    parser.add_argument("--requests", type=int, default=1_000_000, help="for flat memory")
    parser.add_argument(
        "--copies", type=int, nargs="+", default=[1, 10], help="of the data, to train on"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
