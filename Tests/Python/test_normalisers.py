"""The Python package's normalisers say what the vectors of the ciphertext's specification say."""

from __future__ import annotations

import json
from pathlib import Path

from fieldseal.normalisers import TEXT_NORMALISERS, normalise

VECTORS = json.loads((Path(__file__).parents[1] / "Vectors" / "ciphertext.json").read_text())["blindIndexes"]


def test_normalisers_agree_with_the_vectors() -> None:
    names = list(TEXT_NORMALISERS)
    assert {value["normaliser"] for value in VECTORS} == set(range(len(names)))
    for value in VECTORS:
        assert normalise(names[value["normaliser"]], bytes.fromhex(value["value"])).hex() == value["normalised"]
