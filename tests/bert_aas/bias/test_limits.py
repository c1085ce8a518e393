"""Limits of a command line."""

import pytest

from bert_aas.bias.limits import read_limits
from bert_aas.contracts.errors import InvalidInputError


def test_several() -> None:
    assert read_limits(["DPL=0.2", "KL=1"]) == {"DPL": 0.2, "KL": 1}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("DPL", "--max 'DPL' is not of the form METRIC=LIMIT"),
        ("DPL=much", "--max 'DPL=much' is not of the form"),
        ("DPX=1", "--max: 'DPX' is no metric; known are CI, DPL, KL, JS, LP, TVD, KS, CDDL"),
        ("DPL=-1", "--max: the limit of DPL is -1; it is a distance from 0"),
    ],
)
def test_what_means_nothing(given: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        read_limits([given])
