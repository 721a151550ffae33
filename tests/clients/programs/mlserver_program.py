"""Asks the service with MLServer's types and codecs; runs in its environment."""

# mypy: ignore-errors
# What it imports is not installed beside us, so nothing here can be checked.

import json
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from mlserver import types
from mlserver.codecs import NumpyCodec, StringCodec


def fetch(path, kind, body=None):
    """The document at the path, as MLServer's own type, which checks it."""
    headers = {"Content-Type": "application/json"} if body else {}
    asked = Request(sys.argv[1] + path, body and body.encode(), headers)
    with urlopen(asked) as response:
        document = response.read()
    # Its types ignore what they do not know; what they keep must be all that was sent.
    found = kind.model_validate_json(document)
    assert found.model_dump() == json.loads(document)
    return found


def infer(inputs, **more):
    asked = types.InferenceRequest(inputs=[types.RequestInput(**item) for item in inputs], **more)
    return fetch("/v2/models/gmsc/infer", types.InferenceResponse, asked.model_dump_json())


def answer_of(response):
    outputs = {}
    for output in response.outputs:
        if output.datatype == "BYTES":
            outputs[output.name] = StringCodec.decode_output(output)
        else:
            outputs[output.name] = NumpyCodec.decode_output(output).ravel().tolist()
    return outputs


def refusal(inputs):
    try:
        infer(inputs)
    except HTTPError as error:
        found = types.InferenceErrorResponse.model_validate_json(error.read())
        return {"status": error.code, "message": found.error}
    raise AssertionError("it was not refused")


def main():
    given = json.load(sys.stdin)
    server = fetch("/v2", types.MetadataServerResponse)
    model = fetch("/v2/models/gmsc", types.MetadataModelResponse)
    named = infer(
        given["inputs"],
        id="mlserver-17",
        parameters=types.Parameters(content_type="np"),
        outputs=[types.RequestOutput(name=name) for name in ("prediction_id", "probability")],
    )
    json.dump(
        {
            "server": server.model_dump(),
            "metadata": model.model_dump(),
            "id": named.id,
            "named": answer_of(named),
            "default": answer_of(infer(given["inputs"])),
            "nulls": answer_of(infer(given["nulls"])),
            "bad": refusal(given["bad"]),
        },
        sys.stdout,
    )


main()
