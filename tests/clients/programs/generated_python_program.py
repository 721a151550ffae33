"""Asks the service with the client that openapi-python-client made; runs in its environment."""

# mypy: ignore-errors
# What it imports is made by the test, so nothing here can be checked.

import inspect
import json
import sys
from importlib import import_module

from prediction_service_client import AuthenticatedClient


def ask(client, call):
    module = import_module(f"prediction_service_client.api.{call['tag']}.{call['operation']}")
    kinds = inspect.signature(module.sync_detailed).parameters
    values = {name: kinds[name].annotation(value) for name, value in call["path"].items()}
    if "body" in call:
        values["body"] = kinds["body"].annotation.from_dict(call["body"])
    answer = module.sync_detailed(client=client, **values, **call["headers"])
    parsed = answer.parsed.to_dict() if hasattr(answer.parsed, "to_dict") else None
    return {"status": answer.status_code, "answer": parsed}


def main():
    given = json.load(sys.stdin)
    client = AuthenticatedClient(base_url=sys.argv[1], token=given["key"])
    json.dump([ask(client, call) for call in given["calls"]], sys.stdout)


main()
