"""`python -m benchmarks.peers`: other model servers beside ours; the same kind of model and rows.

They do not log what they answer; ours does.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks import load, report, rounds
from benchmarks.peers.environments import interpreter, version
from benchmarks.rig import Rig, RigError, Server, free_port, opened
from benchmarks.run import predict_target, say, verdict

HERE = Path(__file__).parent


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(_PEERS)}; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="length of one run")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64])
    arguments = parser.parse_args()
    failed = {}
    try:
        load.require()
        with opened() as rig:
            servers = [rig.bare("ceiling"), rig.bare("template"), rig.ours()]
            targets = {server.name: predict_target(rig, server) for server in servers}
            for name in arguments.only or _PEERS:
                try:
                    targets[name] = _PEERS[name](rig)
                except (RigError, subprocess.CalledProcessError) as error:
                    failed[name] = str(error)[-2000:]
                    say(f"{name} does not run here: {failed[name]}")
            table = rounds.run(
                targets,
                arguments.connections,
                rounds=arguments.rounds,
                seconds=arguments.seconds,
                say=say,
            )
    except (load.LoadError, RigError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say(f"\n{report.table_text(table)}\n{verdict(table)}")
    versions = {name: version(name) for name in _PEERS}
    figures = {**report.table_data(table), "versions": versions, "failed": failed}
    say(f"result: {report.write('peers', figures)}")
    return 0


def _target(
    rig: Rig, server: Server, path: str, wrap: Callable[[list[float]], object]
) -> load.Target:
    bodies = [orjson.dumps(wrap(row)) for row in rig.rows.values.tolist()]
    return load.Target(rig.directory, server.name, server.url, path, bodies)


def _mlserver(rig: Rig) -> load.Target:
    """Adaptive batching of up to 64, no worker pool: on two cores that is its fastest."""
    python, port = interpreter("mlserver"), free_port()
    folder = rig.directory / "mlserver"
    folder.mkdir()
    shutil.copy(rig.plain_model, folder / "model.joblib")
    settings = {
        "host": "127.0.0.1", "http_port": port, "grpc_port": free_port(),
        "metrics_port": free_port(), "parallel_workers": 0, "debug": False,
    }  # fmt: skip
    model = {
        "name": "gmsc",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "max_batch_size": 64,
        "max_batch_time": 0.005,
        "parameters": {"uri": "./model.joblib"},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    command = [str(Path(python).parent / "mlserver"), "start", str(folder)]
    server = rig.start("mlserver", command, port, path="/v2/models/gmsc/ready")

    def wrap(row: list[float]) -> object:
        one = {"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": [row]}
        return {"inputs": [one], "outputs": [{"name": "predict_proba"}]}

    return _target(rig, server, "/v2/models/gmsc/infer", wrap)


def _bentoml(rig: Rig) -> load.Target:
    """Adaptive batching."""
    python, port = interpreter("bentoml"), free_port()
    command = [python, "-m", "bentoml", "serve", "benchmarks.peers.bento_service:Gmsc"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {"MODEL": str(rig.plain_model), "BENTOML_DO_NOT_TRACK": "true"}
    environment["BENTOML_HOME"] = str(rig.directory / "bentoml")
    server = rig.start("bentoml", command, port, path="/readyz", **environment)
    return _target(rig, server, "/predict", lambda row: {"rows": [row]})


def _mlflow(rig: Rig) -> load.Target:
    """Its scoring server, one worker."""
    python, port = interpreter("mlflow"), free_port()
    folder = rig.directory / "mlflow"
    writer = [python, str(HERE / "mlflow_model.py"), str(rig.plain_model), str(folder)]
    subprocess.run(writer, check=True, capture_output=True, cwd=rig.directory)
    command = [python, "-m", "mlflow", "models", "serve", "-m", str(folder), "-p", str(port)]
    command += ["-h", "127.0.0.1", "--env-manager", "local", "--workers", "1"]
    path = f"{Path(python).parent}:/usr/local/bin:/usr/bin:/bin"
    server = rig.start("mlflow", command, port, path="/ping", PATH=path)
    return _target(rig, server, "/invocations", lambda row: {"inputs": [row]})


def _litserve(rig: Rig) -> load.Target:
    """Batches of up to 64."""
    python, port = interpreter("litserve"), free_port()
    command = [python, str(HERE / "lit_service.py"), str(port)]
    server = rig.start("litserve", command, port, path="/health", MODEL=str(rig.plain_model))
    return _target(rig, server, "/predict", lambda row: {"row": row})


_PEERS: dict[str, Callable[[Rig], load.Target]] = {
    "mlserver": _mlserver,
    "bentoml": _bentoml,
    "mlflow": _mlflow,
    "litserve": _litserve,
}


if __name__ == "__main__":
    sys.exit(main())
