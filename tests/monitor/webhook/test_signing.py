"""Signatures as Standard Webhooks has them."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from contract.secret import SecretError
from monitor.webhook.signing import Secrets

# The example of the specification's own libraries.
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
MESSAGE = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')


def test_a_signature_is_that_of_the_specifications_libraries() -> None:
    assert Secrets.read(SecretStr(KEY), None).headers(*MESSAGE) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_several_secrets_sign_each(tmp_path: Path) -> None:
    new = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    file = tmp_path / "secret"
    file.write_text(f"{new}  # from May on\n{KEY}\n")

    first, second = Secrets.read(None, file).headers(*MESSAGE)["webhook-signature"].split(" ")

    assert second == SIGNATURE
    assert first.startswith("v1,")
    assert first != second


@pytest.mark.parametrize(
    "word",
    [
        KEY.removeprefix("whsec_"),
        "whsec_",
        "whsec_%%%",
        f"whsec_{base64.b64encode(bytes(23)).decode()}",
        f"whsec_{base64.b64encode(bytes(65)).decode()}",
    ],
)
def test_what_is_no_secret_is_refused_without_a_quotation(word: str) -> None:
    with pytest.raises(SecretError, match="entry 1 of ALERT_WEBHOOK_SECRET is not") as refused:
        Secrets.read(SecretStr(word), None)

    assert word == "whsec_" or word not in str(refused.value)


def test_without_a_secret_nothing_is_sent() -> None:
    with pytest.raises(SecretError, match="ALERT_WEBHOOK_URL is set without"):
        Secrets.read(None, None)


def test_a_secret_is_shown_nowhere() -> None:
    made = Secrets.read(SecretStr(KEY), None)

    assert repr(made) == str(made) == "Secrets(1)"
