"""What is kept of the local database: its port, and a password of each role."""

import json
from pathlib import Path

from local.settings import LocalSettings


def test_a_role_that_an_earlier_release_lacked_gets_a_password_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    earlier = {"postgres": "a", "mlops_owner": "b", "api": "c", "analyst": "d", "port": "12345"}
    file.write_text(json.dumps(earlier))
    before = LocalSettings.read(file)

    made = LocalSettings.read_or_make(file)
    again = LocalSettings.read_or_make(file)

    later = {name: made.passwords[name] for name in ("monitor", "retraining")}
    assert not later.keys() & before.passwords.keys()
    assert before.passwords | later == made.passwords
    assert min(map(len, later.values())) > 20
    assert (made.port, again) == (12345, made)
