"""One .env is read alike by Docker Compose and by `make local`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.dotenv import read_dotenv
from local.errors import LocalError

SHELL = {"SHELLV": "shell", "EMPTY": ""}
# The file, and what A is in it.
READ = {
    "A=plain # comment": "plain",
    "A=a#b": "a#b",
    "A= #x": "#x",
    "A=\ta\t#x": "a\t#x",
    "A=": "",
    'A=""': "",
    'A="double # kept" # comment': "double # kept",
    "A='single $X ${Y} \\n'": "single $X ${Y} \\n",
    "A='it\\'s'#b": "it's",
    "A=it's": "it's",
    'A=a"b"c': 'a"b"c',
    "A=a=b": "a=b",
    "A=\\n": "\\n",
    'A="es\\nc \\"q\\" \\$x $$ \\t"': 'es\nc "q" $x $ \t',
    'A="a\\\\b"': "a\\b",
    "A='multi\nline'\nB=2": "multi\nline",
    "export A=1": "1",
    "A: yaml": "yaml",
    "A =  spaced  ": "spaced",
    "  # c\n#A=0\n\n  A=1": "1",
    "A=1\nA=2": "2",
    "\ufeffA=mark": "mark",
    "A=dos\r\nB=1\r\n": "dos",
    "A=ü ß": "ü ß",
    "B=1\nA=$B-${B}-${NONE:-d}-${NONE-d}": "1-1-d-d",
    "B=1\nA=${B:+yes}${NONE:+no}": "yes",
    "A=[${EMPTY:-d}${EMPTY-e}]": "[d]",
    "SHELLV=file\nA=$SHELLV": "shell",
    "A=a$$b": "a$b",
    "A=$": "$",
    "A=a$1": "a$1",
    "A=${NONE:-${NONE:-x}}": "x",
}
REFUSED = {
    "A": "line 1: it is no NAME=VALUE",
    "A=1\nB C=geheim": "line 2: it is no NAME=VALUE",
    'A="geheim': "line 1: it opens a quotation mark",
    "A='geheim' 'b'": "line 1: it goes on behind its closing quotation mark",
    "A=geheim${B": r"line 1: it refers to a variable",
    "A=geheim${NONE:?must}": "line 1: it needs NONE, which is not set",
}


@pytest.mark.parametrize("content", READ)
def test_a_value_is_read_as_compose_reads_it(tmp_path: Path, content: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content.encode())

    assert read_dotenv(file, SHELL)["A"] == READ[content]


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker to compare with")
def test_compose_reads_these_values_so(tmp_path: Path) -> None:
    variables = [f"V{number}" for number in range(len(READ))]
    for variable, content in zip(variables, READ, strict=True):
        directory = tmp_path / variable
        directory.mkdir()
        (directory / "docker-compose.yml").write_text(
            'services: {x: {image: y, environment: {A: "${A:-}"}}}'
        )
        (directory / ".env").write_bytes(content.encode())
    probe = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("there is no Docker Compose to compare with")

    found = {content: _compose(tmp_path / v) for v, content in zip(variables, READ, strict=True)}

    assert found == READ


@pytest.mark.parametrize("content", REFUSED)
def test_a_line_that_cannot_be_read_is_named_without_its_content(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(content)

    with pytest.raises(LocalError, match=REFUSED[content]) as caught:
        read_dotenv(file, SHELL)

    assert "geheim" not in str(caught.value)


def test_no_file_is_no_setting_and_another_encoding_is_named(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env", SHELL) == {}
    (tmp_path / ".env").write_bytes("A=ü".encode("latin-1"))

    with pytest.raises(LocalError, match="is not in UTF-8"):
        read_dotenv(tmp_path / ".env", SHELL)


def _compose(directory: Path) -> str:
    result = subprocess.run(
        ["docker", "compose", "config", "--format", "json"],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), **SHELL},
        capture_output=True,
        text=True,
        check=True,
    )
    value = json.loads(result.stdout)["services"]["x"]["environment"]["A"]
    # The output is a compose file again, in which a dollar is written twice.
    return str(value).replace("$$", "$")
