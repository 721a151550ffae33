"""The Open Inference Protocol: the same predictions under another protocol."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.predictions.oip.form import TENSOR
from api.predictions.oip.request import parse
from contract.document import InvalidFields, MalformedBody, RequestError
from contract.request import RequestModel
from tests import plain
from tests.api.bundle import THRESHOLD
from tests.api.http.test_keys import KEY, entry
from tests.api.predictions.test_predict import instances, row_of
from tests.api.service import Service
from tests.api.test_bad_input import JSON
from tests.api.test_unavailable import NOWHERE, wait_for
from tests.bundles import random_rows
from tests.conftest import Database
from tests.gmsc import SCHEMA

MODEL = "/v2/models/gmsc"
INFER = f"{MODEL}/infer"
INDEX = {name: index for index, name in enumerate(SCHEMA.names)}

Body = dict[str, Any]


def columns(rows: list[dict[str, Any]], *, width: bool = False, nested: bool = False) -> Body:
    """A request with one tensor for each feature."""
    return {
        "inputs": [
            {
                "name": feature.name,
                "shape": [len(rows), 1] if width else [len(rows)],
                "datatype": "INT64" if feature.kind == "integer" else "FP64",
                "data": [[row[feature.name]] if nested else row[feature.name] for row in rows],
            }
            for feature in SCHEMA.features
        ]
    }


def matrix(rows: list[dict[str, Any]], *, nested: bool = True) -> Body:
    """A request with all features in one tensor."""
    values = [[row[name] for name in SCHEMA.names] for row in rows]
    data = values if nested else [value for row in values for value in row]
    shape = [len(rows), len(SCHEMA.names)]
    return {"inputs": [{"name": "rows", "shape": shape, "datatype": "FP64", "data": data}]}


FORMS: dict[str, Callable[[list[dict[str, Any]]], Body]] = {
    "columns": columns,
    "columns of width 1": lambda rows: columns(rows, width=True),
    "nested columns": lambda rows: columns(rows, width=True, nested=True),
    "matrix": matrix,
    "flattened matrix": lambda rows: matrix(rows, nested=False),
}


def with_tensor(feature: str, /, **members: Any) -> Body:
    """The example as columns; members of one tensor replaced."""
    body = columns([SCHEMA.example])
    body["inputs"][INDEX[feature]] |= members
    return body


def example(**tensor: Any) -> Body:
    """The example as columns; members of the tensor of `age` replaced."""
    return with_tensor("age", **tensor)


def check_error(response: httpx.Response, status: int) -> str:
    """The error's text, after a look at everything that each error must have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    document = response.json()
    assert list(document) == ["error"]
    error = document["error"]
    assert isinstance(error, str)
    assert error
    return error


@pytest.fixture(scope="module")
def version(client: httpx.Client) -> str:
    return str(client.get("/model").json()["model_version"])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("count", [1, 3, 400], ids=["one", "inline", "in a thread"])
def test_it_answers_and_logs_the_bits_of_predict(
    client: httpx.Client,
    log_database: Database,
    form: Callable[[list[dict[str, Any]]], Body],
    count: int,
) -> None:
    rows = instances(random_rows(count, seed=5))
    expected = client.post("/predict/batch", json={"instances": rows}).json()["predictions"]

    response = client.post(INFER, json=form(rows))

    assert response.status_code == 200, response.text
    outputs = {output["name"]: output["data"] for output in response.json()["outputs"]}
    probabilities = [item["probability"] for item in expected]
    assert outputs["probability"] == probabilities
    assert outputs["prediction"] == [item["prediction"] for item in expected]
    features = ", ".join(feature.column for feature in SCHEMA.features)
    logged = log_database.query(
        f"SELECT prediction_id::text, probability, instance_index, batch_size, route, {features}"
        " FROM prediction_log WHERE prediction_id = ANY(%s::uuid[]) ORDER BY instance_index",
        list(outputs["prediction_id"]),
    )
    route = "/v2/models/{model_name}/infer"
    assert logged == [
        (key, probability, index, count, route, *row.values())
        for index, (key, probability, row) in enumerate(
            zip(outputs["prediction_id"], probabilities, rows, strict=True)
        )
    ]


def test_the_answer_has_the_protocols_form(client: httpx.Client, version: str) -> None:
    answer = client.post(INFER, json=matrix([SCHEMA.example] * 2) | {"id": "loan-17"}).json()

    probability, prediction, prediction_id = (output.pop("data") for output in answer["outputs"])
    assert answer == {
        "model_name": "gmsc",
        "model_version": version,
        "id": "loan-17",
        "outputs": [
            {"name": "probability", "shape": [2], "datatype": "FP64"},
            {"name": "prediction", "shape": [2], "datatype": "INT64"},
            {"name": "prediction_id", "shape": [2], "datatype": "BYTES"},
        ],
    }
    assert prediction == [int(value >= THRESHOLD) for value in probability]
    assert len(set(prediction_id)) == 2


def test_a_version_may_be_named(client: httpx.Client, log_database: Database, version: str) -> None:
    path = f"{MODEL}/versions/{version}"

    answer = client.post(f"{path}/infer", json=example()).json()

    (key,) = answer["outputs"][2]["data"]
    assert row_of(log_database, key, "route") == (
        "/v2/models/{model_name}/versions/{model_version}/infer",
    )
    assert client.get(path).json() == client.get(MODEL).json()
    assert client.get(f"{path}/ready").json() == {"name": "gmsc", "ready": True}


def test_an_id_is_the_callers_reference_and_no_key(
    client: httpx.Client, log_database: Database
) -> None:
    body = example() | {"id": "Zürich 4711 日本"}

    answers = [client.post(INFER, json=body).json() for _ in range(2)]

    keys = [answer["outputs"][2]["data"][0] for answer in answers]
    assert keys[0] != keys[1]
    for answer, key in zip(answers, keys, strict=True):
        assert answer["id"] == body["id"]
        assert row_of(log_database, key, "client_reference") == (body["id"],)


def test_a_reference_is_the_same_by_the_header_and_by_the_id(
    client: httpx.Client, log_database: Database
) -> None:
    headers = {"X-Client-Reference": "loan 17"}  # a client leaves out blanks at either end
    by_header = client.post(INFER, json=example(), headers=headers).json()
    by_id = client.post(INFER, json=example() | {"id": "  loan 17 "}).json()

    assert by_id["id"] == "  loan 17 "
    for answer in (by_header, by_id):
        (key,) = answer["outputs"][2]["data"]
        assert row_of(log_database, key, "client_reference") == ("loan 17",)


def test_the_header_goes_before_the_id(client: httpx.Client, log_database: Database) -> None:
    headers = {"X-Client-Reference": "header"}

    answer = client.post(INFER, json=example() | {"id": "body"}, headers=headers).json()

    assert answer["id"] == "body"
    (key,) = answer["outputs"][2]["data"]
    assert row_of(log_database, key, "client_reference") == ("header",)


@pytest.mark.parametrize("member", [{}, {"id": None}, {"id": ""}], ids=str)
def test_without_an_id_none_is_answered(
    client: httpx.Client, log_database: Database, member: Body
) -> None:
    answer = client.post(INFER, json=example() | member).json()

    assert "id" not in answer
    (key,) = answer["outputs"][2]["data"]
    assert row_of(log_database, key, "client_reference") == (None,)


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([{"name": "prediction_id"}, {"name": "probability"}], ["prediction_id", "probability"]),
        ([{"name": "prediction", "parameters": {"binary_data": False}}], ["prediction"]),
        ([], ["probability", "prediction", "prediction_id"]),
        (None, ["probability", "prediction", "prediction_id"]),
    ],
    ids=str,
)
def test_outputs_come_as_they_were_asked_for(
    client: httpx.Client, outputs: Any, expected: list[str]
) -> None:
    answer = client.post(INFER, json=example() | {"outputs": outputs}).json()

    assert [output["name"] for output in answer["outputs"]] == expected


def test_parameters_are_not_looked_at(client: httpx.Client) -> None:
    parameters = {"binary_data_output": True, "priority": 1, "a:b": {"c": [None]}}
    body = example(parameters=parameters) | {"parameters": parameters}

    response = client.post(INFER, json=body)

    assert response.status_code == 200


@pytest.mark.parametrize("datatype", ["INT8", "INT16", "INT32", "UINT8", "UINT16", "UINT64"])
def test_an_integer_may_have_any_width(client: httpx.Client, datatype: str) -> None:
    assert client.post(INFER, json=example(datatype=datatype)).status_code == 200


def test_a_value_in_fp32_is_the_number_that_was_sent(
    client: httpx.Client, log_database: Database
) -> None:
    body = example()
    body["inputs"][INDEX["DebtRatio"]] |= {"datatype": "FP32", "data": [0.1]}

    (key,) = client.post(INFER, json=body).json()["outputs"][2]["data"]

    assert row_of(log_database, key, "debt_ratio") == (0.1,)


WHOLE = {name: 1 if name == "age" else 0 for name in SCHEMA.names}
LOSSLESS: dict[str, tuple[Body, dict[str, Any]]] = {
    "whole floats for integers": (example(datatype="FP64", data=[45.0]), SCHEMA.example),
    "FP32 for integers": (example(datatype="FP32", data=[45]), SCHEMA.example),
    "integers for floats": (
        with_tensor("MonthlyIncome", datatype="INT32", data=[6000]),
        SCHEMA.example | {"MonthlyIncome": 6000},
    ),
    "NaN for a missing float": (
        with_tensor("MonthlyIncome", data=[math.nan]),
        SCHEMA.example | {"MonthlyIncome": None},
    ),
    "NaN for a missing integer": (
        with_tensor("NumberOfDependents", datatype="FP64", shape=[1, 1], data=[[math.nan]]),
        SCHEMA.example | {"NumberOfDependents": None},
    ),
    "NaN in a matrix of FP32": (
        {
            "inputs": [
                matrix([SCHEMA.example | {"MonthlyIncome": math.nan}])["inputs"][0]
                | {"datatype": "FP32"}
            ]
        },
        SCHEMA.example | {"MonthlyIncome": None},
    ),
    "a matrix of INT64": (
        {"inputs": [matrix([WHOLE])["inputs"][0] | {"datatype": "INT64"}]},
        WHOLE,
    ),
}


@pytest.mark.parametrize(("body", "instance"), LOSSLESS.values(), ids=LOSSLESS)
def test_a_datatype_that_loses_nothing_is_taken(
    client: httpx.Client, body: Body, instance: dict[str, Any]
) -> None:
    expected = client.post("/predict", json=instance).json()["probability"]

    response = client.post(INFER, content=json.dumps(body), headers=JSON)

    assert response.status_code == 200, response.text
    assert response.json()["outputs"][0]["data"] == [expected]


NO_VALUES: dict[str, tuple[Body, str]] = {
    "NaN where null may not be": (
        with_tensor("DebtRatio", data=[math.nan]),
        f"/inputs/{INDEX['DebtRatio']}/data/0: DebtRatio must be a number",
    ),
    "NaN in integers": (
        with_tensor("NumberOfDependents", data=[math.nan]),
        f"/inputs/{INDEX['NumberOfDependents']}/data/0: NumberOfDependents must be an integer",
    ),
    "Infinity": (
        with_tensor("MonthlyIncome", data=[math.inf]),
        f"/inputs/{INDEX['MonthlyIncome']}/data/0: MonthlyIncome must be a number",
    ),
    "a fraction for an integer": (
        example(datatype="FP64", data=[45.5]),
        f"/inputs/{INDEX['age']}/data/0: age must be an integer from 0 to 130",
    ),
    "NaN as a shape": (
        example(shape=[math.nan]),
        f"/inputs/{INDEX['age']}/shape: must be an array",
    ),
    "NaN as an id": (example() | {"id": math.nan}, "/id: must be a string"),
    "NaN as a model's name": (example() | {"model_name": math.nan}, "NaN and Infinity are no JSON"),
}


@pytest.mark.parametrize(("body", "told"), NO_VALUES.values(), ids=NO_VALUES)
def test_what_is_no_value_of_the_feature_is_refused_by_its_place(
    client: httpx.Client, body: Body, told: str
) -> None:
    error = check_error(client.post(INFER, content=json.dumps(body), headers=JSON), 400)

    assert told in error


VALUES = {
    "a string": ("age", '"45"'),
    "true": ("age", "true"),
    "null where it may not be": ("DebtRatio", "null"),
    "an object": ("age", '{"x": 1}'),
    "an array": ("age", "[45]"),
    "NaN": ("DebtRatio", "NaN"),
    "-Infinity": ("MonthlyIncome", "-Infinity"),
    "1e400": ("MonthlyIncome", "1e400"),
    "5000 digits": ("MonthlyIncome", "9" * 5000),
    "below the range": ("age", "-1"),
    "above the range": ("age", "131"),
    "a fraction": ("NumberOfDependents", "1.5"),
    "a nearly whole number": ("NumberOfDependents", "2.0000000000000004"),
}


@pytest.mark.parametrize(("name", "text"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_impossible_value_is_refused_by_its_tensor_and_element(
    client: httpx.Client,
    form: Callable[[list[dict[str, Any]]], Body],
    name: str,
    text: str,
) -> None:
    marker = 999_999_937
    body = form([SCHEMA.example, SCHEMA.example | {name: marker}, SCHEMA.example])
    content = json.dumps(body).replace(str(marker), text)

    error = check_error(client.post(INFER, content=content, headers=JSON), 400)

    column = INDEX[name]
    place = {
        "columns": f"/inputs/{column}/data/1",
        "columns of width 1": f"/inputs/{column}/data/1",
        "nested columns": f"/inputs/{column}/data/1/0",
        "matrix": f"/inputs/0/data/1/{column}",
        "flattened matrix": f"/inputs/0/data/{10 + column}",
    }[next(key for key, value in FORMS.items() if value is form)]
    allowed = next(feature.allowed for feature in SCHEMA.features if feature.name == name)
    assert error == f"Fields break the rules of the request: {place}: {name} must be {allowed}"


AGE = f"/inputs/{INDEX['age']}"
UNKNOWN = {"name": "a/b", "shape": [1], "datatype": "FP64", "data": [1]}
WRONG: dict[str, tuple[Any, str]] = {
    "an array": ([], ": must be a JSON object"),
    "no inputs": ({"id": "x"}, "/inputs: must be"),
    "empty inputs": ({"inputs": []}, "/inputs: must be"),
    "inputs are an object": ({"inputs": {}}, "/inputs: must be"),
    "a tensor is a number": ({"inputs": [1]}, "/inputs/0: must be a JSON object"),
    "an unknown member": (example() | {"input": []}, "/input: is not a field"),
    "an unknown member of a tensor": (example(x=1), f"{AGE}/x: is not a field"),
    "an id that is a number": (example() | {"id": 17}, "/id: must be a string"),
    "an id too long": (example() | {"id": "x" * 201}, "/id: must be a string"),
    "an id with NUL": (example() | {"id": "a\0b"}, "/id: must be a string"),
    "parameters are an array": (example() | {"parameters": []}, "/parameters: must be"),
    "parameters of a tensor": (example(parameters=1), f"{AGE}/parameters: must be"),
    "an unknown tensor": (
        {"inputs": [*example()["inputs"], UNKNOWN]},
        "/inputs/10: a~1b is not an input of the model",
    ),
    "only an unknown tensor": ({"inputs": [UNKNOWN]}, "/inputs/0/shape: must be [N, 10]"),
    "a tensor twice": (
        {"inputs": [*example()["inputs"], example()["inputs"][INDEX["age"]]]},
        "/inputs/10: age must be there once",
    ),
    "a tensor missing": (
        {"inputs": example()["inputs"][1:]},
        "/inputs: RevolvingUtilizationOfUnsecuredLines is missing: send it as FP64 of shape",
    ),
    "one tensor of one feature": (
        {"inputs": [example()["inputs"][INDEX["age"]]]},
        "/inputs: DebtRatio is missing",
    ),
    "a name that is a number": (example(name=1), f"{AGE}/name: must be"),
    "an unknown datatype": (example(datatype="INT128"), f"{AGE}/datatype: age must be one of"),
    "a datatype in small letters": (example(datatype="int64"), f"{AGE}/datatype: age must be"),
    "an empty shape": (example(shape=[]), f"{AGE}/shape: age must be [N] or [N, 1]"),
    "no row": (example(shape=[0], data=[]), f"{AGE}/shape: age must be [N] or [N, 1]"),
    "a wide shape": (example(shape=[1, 2], data=[1, 2]), f"{AGE}/shape: age must be [N] or"),
    "a deep shape": (example(shape=[1, 1, 1]), f"{AGE}/shape: age must be [N] or"),
    "a negative shape": (example(shape=[-1]), f"{AGE}/shape: age must be [N] or"),
    "a shape of strings": (example(shape=["1"]), f"{AGE}/shape: must be an array of whole"),
    "a fractional shape": (example(shape=[1.5]), f"{AGE}/shape: must be an array of whole"),
    "another N": (example(shape=[2], data=[1, 2]), f"{AGE}/shape: age must have the N of"),
    "too few data": (example(data=[]), f"{AGE}/data: age must hold as many values as its shape"),
    "too many data": (example(data=[1, 2]), f"{AGE}/data: age must hold as many values"),
    "data too deep": (example(shape=[1, 1], data=[[[45]]]), f"{AGE}/data/0/0: age must be"),
    "ragged data": (example(shape=[1, 1], data=[[4, 5]]), f"{AGE}/data: age must hold as many"),
    "data are a number": (example(data=45), f"{AGE}/data: must be an array"),
    "a value beyond its datatype": (
        example(datatype="INT8", data=[128]),
        f"{AGE}/data/0: age must fit into INT8",
    ),
    "too many rows": (columns([SCHEMA.example] * 1001), "/inputs/0/shape: Revolving"),
    "too many rows in one": (matrix([SCHEMA.example] * 1001), "/inputs/0/shape: must be [N, 10]"),
    "a fraction in a matrix of integers": (
        {"inputs": [matrix([SCHEMA.example])["inputs"][0] | {"datatype": "INT64"}]},
        "/inputs/0/data/0/0: RevolvingUtilizationOfUnsecuredLines must fit into INT64",
    ),
    "a matrix of strings": (
        {"inputs": [matrix([SCHEMA.example])["inputs"][0] | {"datatype": "BYTES"}]},
        "/inputs/0/datatype: must be one of INT8, ",
    ),
    "a fraction in a column of integers": (
        with_tensor("DebtRatio", datatype="INT64", data=[0.5]),
        f"/inputs/{INDEX['DebtRatio']}/data/0: DebtRatio must fit into INT64",
    ),
    "a matrix with a row too few": (
        {"inputs": [matrix([SCHEMA.example])["inputs"][0] | {"shape": [2, 10]}]},
        "/inputs/0/data: the tensor must hold as many values",
    ),
    "an unknown output": (
        example() | {"outputs": [{"name": "proba"}]},
        "/outputs/0/name: must be one of probability, prediction, prediction_id",
    ),
    "an output twice": (
        example() | {"outputs": [{"name": "prediction"}] * 2},
        "/outputs/1/name: must be asked for once",
    ),
    "an output without a name": (example() | {"outputs": [{}]}, "/outputs/0/name: must be one"),
    "an output that is a string": (example() | {"outputs": ["prediction"]}, "/outputs/0: must be"),
    "outputs are an object": (example() | {"outputs": {}}, "/outputs: must be"),
    "parameters of an output": (
        example() | {"outputs": [{"name": "prediction", "parameters": []}]},
        "/outputs/0/parameters: must be",
    ),
}


@pytest.mark.parametrize(("body", "told"), WRONG.values(), ids=WRONG)
def test_what_breaks_the_protocol_is_refused_by_its_place(
    client: httpx.Client, body: Any, told: str
) -> None:
    error = check_error(client.post(INFER, json=body), 400)

    assert f" {told}" in error


DUPLICATES = {
    "a member": ('{"inputs": [], ', "/inputs"),
    "a member, escaped": ('{"i\\u0064": "b", "id": "a", ', "/id"),
    "parameters": ('{"parameters": {"a": 1, "a": 1}, ', "/parameters/a"),
}


@pytest.mark.parametrize(("start", "place"), DUPLICATES.values(), ids=DUPLICATES)
def test_a_key_that_was_sent_twice_is_refused(client: httpx.Client, start: str, place: str) -> None:
    content = start + json.dumps(example())[1:]

    error = check_error(client.post(INFER, content=content, headers=JSON), 400)

    assert f"{place}: must be there once, not 2 times" in error


def test_data_that_were_sent_twice_are_refused(client: httpx.Client) -> None:
    content = json.dumps(example()).replace('"data": [45]', '"data": [45], "data": [46]')

    error = check_error(client.post(INFER, content=content, headers=JSON), 400)

    assert f"{AGE}/data: must be there once, not 2 times" in error


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        json.dumps(example() | {"parameters": {"x": float("nan")}}).encode(),
        json.dumps(example() | {"parameters": {"x": "\ud800"}}).encode(),
    ],
    ids=["empty", "cut", "no UTF-8", "deep", "NaN in a parameter", "a lone surrogate"],
)
def test_what_is_no_json_is_refused(client: httpx.Client, content: bytes) -> None:
    error = check_error(client.post(INFER, content=content, headers=JSON), 400)

    assert error.startswith("The body is not JSON: ")


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["age", "INT64", "FP64", "prediction"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*TENSOR, "id", "inputs"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.data(), st.sampled_from([columns, matrix]), ANY)
def test_whatever_is_put_anywhere_is_read_or_refused_by_its_place(
    data: st.DataObject, form: Callable[[list[dict[str, Any]]], Body], value: Any
) -> None:
    body: Any = form([SCHEMA.example] * 2) | {"id": "a", "outputs": [{"name": "prediction"}]}
    inside = body
    while True:
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inside[key], dict | list) or data.draw(st.booleans()):
            break
        inside = inside[key]
    inside[key] = value
    model = RequestModel(SCHEMA)

    try:
        found = parse(json.dumps(body).encode(), model, SCHEMA)
    except InvalidFields as error:
        refused: RequestError = error
        refusable = bool(error.errors)
    except MalformedBody as error:
        refused, refusable = error, bool(re.search(r"NaN|Infinity|\\ud", json.dumps(body)))
    else:
        for row in found.rows:
            instance = dict(zip(SCHEMA.names, row, strict=True))
            assert model.parse(json.dumps(instance).encode()) == row
        return
    assert refusable, refused


def test_many_mistakes_are_told_up_to_a_bound_and_none_quotes_a_value(
    client: httpx.Client,
) -> None:
    body = columns([SCHEMA.example | {"age": "confidential", "DebtRatio": -424242.0}] * 200)

    error = check_error(client.post(INFER, json=body), 400)

    assert error.endswith("; and 90 more")
    assert "confidential" not in error
    assert "424242" not in error


def test_a_refusal_is_kept_with_the_status_that_was_answered(
    models: Path, log_database: Database, tmp_path: Path
) -> None:
    # A service of its own: of the other's refusals there are more than are kept a minute.
    settings = {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}
    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        headers = {"X-Request-ID": "oip-refusal"}
        client.post(INFER, json=example(data=[200]), headers=headers)
        client.post("/v2/models/other/infer", json=example(), headers=headers)
        # A refusal is written when the log writes anyway, some time after its answer.
        for _ in range(200):
            client.post("/predict", json=SCHEMA.example)
            found = log_database.query(
                "SELECT route, status, errors FROM rejected_request"
                " WHERE request_id = 'oip-refusal' ORDER BY rejection_id"
            )
            if len(found) == 2:
                break

    route = "/v2/models/{model_name}/infer"
    assert found == [
        (route, 400, [{"pointer": f"{AGE}/data/0", "rule": "invalid"}]),
        (route, 404, [{"pointer": "path:model_name", "rule": "not-found"}]),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/other",
        "/v2/models/gmsc/versions/1",
        "/v2/models/other/ready",
        "/v2/models/gmsc/versions/1/ready",
        "/v2/nothing",
        "/v2/",
        "/v2/models",
    ],
)
def test_what_is_not_served_is_not_found(client: httpx.Client, path: str) -> None:
    check_error(client.get(path), 404)


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/gmsc/versions/1"])
def test_another_model_scores_nothing(client: httpx.Client, path: str, version: str) -> None:
    error = check_error(client.post(f"{path}/infer", json=example()), 404)

    assert f"the model gmsc is served, in its version {version}" in error


def test_binary_tensors_are_refused_with_what_to_do(client: httpx.Client) -> None:
    headers = {
        "Inference-Header-Content-Length": "10",
        "Content-Type": "application/octet-stream",
    }

    error = check_error(client.post(INFER, content=b"{}", headers=headers), 400)

    assert "send the data as JSON (binary_data=False)" in error


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": "application/octet-stream"}, JSON], ids=str
)
def test_json_is_taken_as_the_protocols_clients_declare_it(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    response = client.post(INFER, content=json.dumps(example()), headers=headers)

    assert response.status_code == 200


def test_every_error_has_the_protocols_form(client: httpx.Client) -> None:
    text = {"Content-Type": "text/plain"}
    body = json.dumps(example())

    check_error(client.post(INFER, content=body, headers=text), 415)
    check_error(client.post(INFER, content=body + " " * 2**20, headers=JSON), 413)
    check_error(client.post(INFER, json=example(), headers={"X-Event-Time": "noon"}), 400)
    response = client.get(INFER)
    check_error(response, 405)
    assert response.headers["allow"] == "POST"
    # A path that only begins alike is none of the protocol's.
    assert client.get("/v2x").headers["content-type"] == "application/problem+json"


def test_the_server_tells_its_extensions(client: httpx.Client) -> None:
    assert client.get("/v2").json() == {
        "name": "Prediction service",
        "version": "1",
        "extensions": ["null_elements", "matrix_input"],
    }
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get(f"{MODEL}/ready").json() == {"name": "gmsc", "ready": True}
    assert client.head("/v2/health/ready").status_code == 200


def test_the_model_tells_its_tensors(client: httpx.Client, version: str) -> None:
    assert client.get(MODEL).json() == {
        "name": "gmsc",
        "versions": [version],
        "platform": "treelite_checkpoint",
        "inputs": [
            {
                "name": feature.name,
                "datatype": "INT64" if feature.kind == "integer" else "FP64",
                "shape": [-1],
            }
            for feature in SCHEMA.features
        ],
        "outputs": [
            {"name": "probability", "datatype": "FP64", "shape": [-1]},
            {"name": "prediction", "datatype": "INT64", "shape": [-1]},
            {"name": "prediction_id", "datatype": "BYTES", "shape": [-1]},
        ],
    }


def test_a_key_is_wanted_for_predictions_only(
    models: Path, log_database: Database, tmp_path: Path
) -> None:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "API_KEYS": entry("web", KEY),
    }
    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        refused = client.post(INFER, json=example())
        other = client.post("/v2/models/other/infer", json=example())
        answer = client.post(INFER, json=example(), headers={"X-API-Key": KEY})

        check_error(refused, 401)
        assert refused.headers["www-authenticate"] == 'Bearer realm="predictions"'
        check_error(other, 401)
        (key,) = answer.json()["outputs"][2]["data"]
        assert row_of(log_database, key, "api_key_name") == ("web",)
        assert client.get(MODEL).status_code == 200


def test_what_cannot_be_logged_is_not_scored(models: Path, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where a directory should be")
    settings = {"MODELS_DIR": str(models), "DATABASE_URL": NOWHERE}

    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        response = client.post(INFER, json=example())

        check_error(response, 503)
        assert int(response.headers["retry-after"]) >= 1
        check_error(wait_for(client, "/v2/health/ready", 503), 503)
        check_error(client.get(f"{MODEL}/ready"), 503)
        assert client.get("/v2/health/live").status_code == 200
        assert client.get(MODEL).status_code == 200
