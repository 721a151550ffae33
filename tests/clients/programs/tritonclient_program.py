"""Asks the service with tritonclient; runs in its environment."""

# mypy: ignore-errors
# What it imports is not installed beside us, so nothing here can be checked.

import asyncio
import json
import sys

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

TYPES = {
    "INT64": np.int64,
    "INT32": np.int32,
    "FP32": np.float32,
    "FP64": np.float64,
    "BOOL": np.bool_,
    "BYTES": np.object_,
}


def tensors(inputs, *, binary, kind=triton):
    found = []
    for item in inputs:
        tensor = kind.InferInput(item["name"], item["shape"], item["datatype"])
        values = np.array(item["data"], TYPES[item["datatype"]]).reshape(item["shape"])
        tensor.set_data_from_numpy(values, binary_data=binary)
        found.append(tensor)
    return found


def answer_of(result):
    outputs = {}
    for output in result.get_response()["outputs"]:
        values = result.as_numpy(output["name"])
        assert list(values.shape) == output["shape"]
        outputs[output["name"]] = values.tolist()
    return outputs


def refusal(call):
    try:
        call()
    except InferenceServerException as error:
        return {"status": int(error.status()), "message": error.message()}
    raise AssertionError("it was not refused")


async def with_aio(host, inputs):
    async with triton_aio.InferenceServerClient(host) as client:
        asked = tensors(inputs, binary=False, kind=triton_aio)
        return answer_of(await client.infer("gmsc", asked))


def main():
    host, given = sys.argv[1].removeprefix("http://"), json.load(sys.stdin)
    client = triton.InferenceServerClient(host)
    if "table" in given:
        answer = client.infer("loans", tensors(given["table"], binary=False))
        json.dump(answer_of(answer), sys.stdout)
        return
    inputs = given["inputs"]
    asked = tensors(inputs, binary=False)
    metadata = client.get_model_metadata("gmsc")
    version = metadata["versions"][0]
    named = client.infer(
        "gmsc",
        asked,
        model_version=version,
        request_id="triton-17",
        outputs=[
            triton.InferRequestedOutput(name, binary_data=False)
            for name in ("prediction_id", "probability")
        ],
    )
    json.dump(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model_ready": client.is_model_ready("gmsc", version),
            "other_ready": client.is_model_ready("other"),
            "server": client.get_server_metadata(),
            "metadata": metadata,
            "id": named.get_response()["id"],
            "named": answer_of(named),
            "default": answer_of(client.infer("gmsc", asked)),
            "aio": asyncio.run(with_aio(host, inputs)),
            # None is NaN in an array of floats.
            "gaps": answer_of(client.infer("gmsc", tensors(given["gaps"], binary=False))),
            "single": answer_of(client.infer("gmsc", tensors(given["single"], binary=False))),
            "whole": answer_of(client.infer("gmsc", tensors(given["whole"], binary=False))),
            "matrix": answer_of(client.infer("gmsc", tensors(given["matrix"], binary=False))),
            "binary": refusal(lambda: client.infer("gmsc", tensors(inputs, binary=True))),
            "other": refusal(lambda: client.infer("other", asked)),
            "bad": refusal(lambda: client.infer("gmsc", tensors(given["bad"], binary=False))),
        },
        sys.stdout,
    )


main()
