"""Asks the service with KServe's client; runs in its environment."""

# mypy: ignore-errors
# What it imports is not installed beside us, so nothing here can be checked.

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def request(inputs, *, from_numpy=False, **more):
    tensors = []
    for item in inputs:
        if from_numpy:
            tensor = InferInput(item["name"], item["shape"], item["datatype"])
            kind = np.int64 if item["datatype"] == "INT64" else np.float64
            values = np.array(item["data"], kind).reshape(item["shape"])
            tensor.set_data_from_numpy(values, binary_data=False)
        else:
            tensor = InferInput(item["name"], item["shape"], item["datatype"], item["data"])
        tensors.append(tensor)
    return InferRequest("gmsc", tensors, **more)


def answer_of(response):
    return {output.name: output.as_numpy().tolist() for output in response.outputs}


async def refusal(call):
    try:
        await call
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "message": error.response.json()["error"]}
    raise AssertionError("it was not refused")


async def ask(url, given):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))

    def infer(asked, model="gmsc"):
        return client.infer(url, asked, model_name=model)

    named = await infer(
        request(
            given["inputs"],
            request_id="kserve-17",
            request_outputs=[RequestedOutput("prediction_id"), RequestedOutput("probability")],
        )
    )
    return {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model_ready": await client.is_model_ready(url, "gmsc"),
        "other_ready": await client.is_model_ready(url, "other"),
        "id": named.id,
        "model": named.model_name,
        "named": answer_of(named),
        "numpy": answer_of(await infer(request(given["inputs"], from_numpy=True))),
        "nulls": answer_of(await infer(request(given["nulls"]))),
        "matrix": answer_of(await infer(request(given["matrix"], from_numpy=True))),
        "other": await refusal(infer(request(given["inputs"]), "other")),
        "bad": await refusal(infer(request(given["bad"]))),
    }


json.dump(asyncio.run(ask(sys.argv[1], json.load(sys.stdin))), sys.stdout)
