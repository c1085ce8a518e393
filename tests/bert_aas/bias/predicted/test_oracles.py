"""fairlearn, AIF360, scikit-learn, SciPy and pandas say the same of random predictions.

They have an environment of their own: `make setup-oracles` builds it.
"""

import random
from collections import Counter
from typing import Any

import pytest

from bert_aas.bias.predicted.measuring import measure_model_bias
from tests.bert_aas.bias.oracles import answers_of

TABLES = 60

pytestmark = pytest.mark.e2e


def random_table(draw: random.Random) -> dict[str, Any]:
    """Draw up to four classes, predictions that are often right, facets of unlike sizes."""
    classes = list(range(draw.randint(2, 4)))
    rows = draw.randint(20, 400)
    sides = draw.choices("ad", (draw.uniform(0.5, 5), 1), k=rows)
    sides[:2] = "a", "d"
    labels = draw.choices(classes, [draw.uniform(0.1, 1) for _ in classes], k=rows)
    right = {side: draw.uniform(0.3, 0.95) for side in "ad"}
    return {
        "side": sides,
        "label": labels,
        "predicted": [
            label if draw.random() < right[side] else draw.choice(classes)
            for side, label in zip(sides, labels, strict=True)
        ],
        "group": draw.choices("xyz"[: draw.randint(1, 3)], k=rows),
        "x": [draw.gauss(label, 1) for label in labels],
        "y": [draw.gauss(side == "d", 1) for side in sides],
        "positive": labels[0],
    }


@pytest.fixture(scope="module")
def tables() -> list[dict[str, Any]]:
    draw = random.Random(5)  # noqa: S311 - toy data
    return [random_table(draw) for _ in range(TABLES)]


@pytest.fixture(scope="module")
def answers(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return answers_of("tests.bert_aas.bias.predicted.oracle_answers", tables)


def test_every_figure_is_that_of_others(
    tables: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    seen: Counter[str] = Counter()
    for table, answer in zip(tables, answers, strict=True):
        measured = figures(table)
        expected = {name: value for name, value in answer.items() if value is not None}
        seen.update(list(expected))
        found = {name: measured[name.removesuffix(" of fairlearn")] for name in expected}
        assert found == pytest.approx(expected, abs=1e-9)
    assert min(seen.values()) > TABLES / 2
    assert len(seen) == 20


def figures(table: dict[str, Any]) -> dict[str, float | None]:
    """Measure with ours: facet d against the rest, the positive class, and all classes."""
    report = measure_model_bias(
        table,
        label="label",
        predicted="predicted",
        facets=["side=d"],
        positive=[table["positive"]],
        group="group",
        features=["x", "y"],
    )
    one, whole = report.comparisons[0], report.comparisons[-1]
    accuracy = whole.figure("AD")
    difference = one.figure("DPPL")
    assert accuracy is not None
    assert difference is not None
    return {
        **{figure.name: figure.value for figure in one.figures},
        "AD of all classes": accuracy.value,
        "p of DPPL": difference.p_value,
    }
