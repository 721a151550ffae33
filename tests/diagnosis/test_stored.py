"""What is stored comes back as it was."""

import json

import numpy as np
import pytest

from diagnosis import stored
from diagnosis.finding import Onset


def test_records_arrays_and_maps_come_back() -> None:
    value = {
        "a\nb": Onset(5, 3, 9),
        "counts": np.array([[1, 2], [3, 4]]),
        "none": np.zeros((0, 4)),
        "pair": (0.1, None, True),
    }

    text = json.dumps(stored.plain(value), allow_nan=False)
    found = stored.restored(json.loads(text), {"Onset": Onset})

    assert found["a\nb"] == Onset(5, 3, 9)
    assert found["pair"] == (0.1, None, True)
    for name in ("counts", "none"):
        assert found[name].dtype == value[name].dtype  # type: ignore[attr-defined]
        assert (found[name] == value[name]).all()
        assert found[name].shape == value[name].shape  # type: ignore[attr-defined]


def test_a_record_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="not known: 'Onset'"):
        stored.restored(stored.plain(Onset(5, 3, 9)), {})
