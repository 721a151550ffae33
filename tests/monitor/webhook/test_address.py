"""Where messages may go to."""

import pytest

from monitor.webhook.address import Address, AddressRefused


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://alerts.example.org/a/b?token=x", "https://alerts.example.org:443"),
        ("https://alerts.example.org", "https://alerts.example.org:443"),
        ("http://localhost:9000/in", "http://localhost:9000"),
        ("http://receiver/in", "http://receiver:80"),
        ("http://alerts.monitoring.svc.cluster.local/", "http://alerts.monitoring.svc.cluster.local:80"),
        ("http://alerts.corp.internal/", "http://alerts.corp.internal:80"),
        ("http://10.1.2.3:8080/", "http://10.1.2.3:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://[fd00::7]/", "http://[fd00::7]:80"),
    ],
)  # fmt: skip
def test_tls_goes_anywhere_and_plain_http_stays_at_home(url: str, origin: str) -> None:
    assert Address.parse(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://alerts.example.org/",
        "http://93.184.216.34/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://localhost.example.org/",
        "http://[2001:4860:4860::8888]/",
        "https://user:word@alerts.example.org/",
        "https://alerts.example.org/#part",
        "https:///path",
        "https://alerts.example.org:x/",
        "https://alerts.example.org/a b",
        "https://alerts.example.org/\r\nX-Other: 1",
        f"https://{'x' * 64}.example.org/",
        "https://alerts..example.org/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "alerts.example.org",
        "https://alerts.example.org/" + "x" * 2000,
        "",
    ],
)
def test_everything_else_is_refused_without_a_quotation(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        Address.parse(url)

    assert url == "" or url not in str(refused.value)


def test_its_digest_tells_paths_apart_and_its_origin_tells_none() -> None:
    one, other = (Address.parse(f"https://alerts.example.org/{token}") for token in ("a", "b"))

    assert one.digest != other.digest
    assert one.origin == other.origin
