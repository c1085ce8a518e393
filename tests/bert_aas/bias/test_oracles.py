"""fairlearn, AIF360, SciPy and pandas say the same of random tables.

They have an environment of their own: `make setup-oracles` builds it.
"""

import random
from typing import Any

import pytest

from bert_aas.bias.figures import Comparison, Figure
from bert_aas.bias.measuring import measure_bias
from bert_aas.bias.questions import Facet
from tests.bert_aas.bias.oracles import answers_of

TABLES = 60

pytestmark = pytest.mark.e2e


def random_table(draw: random.Random) -> dict[str, Any]:
    """Draw up to five classes, up to three groups, facets of unlike sizes and shares."""
    classes = list(range(draw.randint(2, 5)))
    weights = {side: [draw.uniform(0.05, 1) for _ in classes] for side in "ad"}
    rows = draw.randint(20, 400)
    sides = draw.choices("ad", (draw.uniform(0.5, 5), 1), k=rows)
    sides[:2] = "a", "d"
    table: dict[str, Any] = {
        "side": sides,
        "label": [draw.choices(classes, weights[side])[0] for side in sides],
        "group": [draw.choice("xyz"[: draw.randint(1, 3)]) for _ in sides],
    }
    return table | {"positive": table["label"][0]}


@pytest.fixture(scope="module")
def tables() -> list[dict[str, Any]]:
    draw = random.Random(4)  # noqa: S311 - toy data
    return [random_table(draw) for _ in range(TABLES)]


@pytest.fixture(scope="module")
def answers(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return answers_of("tests.bert_aas.bias.oracle_answers", tables)


def test_every_figure_is_that_of_others(
    tables: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    seen: set[str] = set()
    for table, answer in zip(tables, answers, strict=True):
        one, whole = measured(table)
        expected = {
            "CI": figure(one, "CI").value,
            "CI low": interval(figure(one, "CI"))[0],
            "CI high": interval(figure(one, "CI"))[1],
            "DPL of aif360": figure(one, "DPL").value,
            "DPL of fairlearn": figure(one, "DPL").value,
            "|DPL|": abs(figure(one, "DPL").value or 0.0),
            "rows of d": one.d.rows,
            "CDDL": figure(one, "CDDL").value,
            **{name: figure(whole, name).value for name in ("KL", "JS", "LP", "TVD", "KS")},
        }
        if answer["least expected"] >= 5:
            expected["p"] = figure(whole, "KL").p_value
        seen |= set(expected)
        assert {name: answer[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert "p" in seen


def measured(table: dict[str, Any]) -> tuple[Comparison, Comparison]:
    """Give the comparison of the positive class, and the one over all classes."""
    report = measure_bias(
        table,
        label="label",
        facets=[Facet("side", values=("d",))],
        positive=[table["positive"]],
        group="group",
    )
    return report.comparisons[0], report.comparisons[-1]


def figure(comparison: Comparison, name: str) -> Figure:
    found = comparison.figure(name)
    assert found is not None
    return found


def interval(found: Figure) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval
