"""The part of the section about the model: its words, its figures, a run that it stopped."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bert_aas.bias.analysis import analysis, model_analysis
from bert_aas.bias.intervals import newcombe
from bert_aas.bias.measuring import measure_bias
from bert_aas.bias.predicted.measuring import measure_model_bias
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.report.pages.fragment import show_section
from pipeline.report.reading.model_bias import ModelBias, read_model_bias
from pipeline.report.sections.bias import SECTION, read_bias
from tests.pipeline.report.sample import changed, full_report

ROWS = [
    *[("f", "yes", "yes")] * 30, *[("f", "yes", "no")] * 20, *[("f", "no", "no")] * 50,
    *[("m", "yes", "yes")] * 50, *[("m", "no", "no")] * 45, *[("m", "no", "yes")] * 5,
]  # fmt: skip
TABLE = dict(zip(("sex", "hired", "said"), map(list, zip(*ROWS, strict=True)), strict=True))
SWAPS = {
    "rows": 9,
    "overall": {
        "rows": 4, "flipped": 1, "share": 0.25, "interval": [0.05, 0.7], "mean_change": 0.125,
    },
    "pairs": [
        {"words": ["he", "<b>she</b>"], "rows": 4, "flipped": 1, "share": 0.25,
         "interval": [0.05, 0.7], "mean_change": 0.125, "shifts": {"no": -0.5, "yes": 0.5}},
        {"words": ["Anna", "Peter"], "rows": 0, "flipped": 0, "share": 0.0, "interval": None,
         "mean_change": 0.0, "shifts": {}},
    ],
    "examples": [
        {"texts": ["he <i>left</i>"], "swapped": ["she left"], "label": "no",
         "swapped_label": "yes", "change": -0.5}
    ],
    "max": 0.5,
    "verdict": "",
}  # fmt: skip


def content(limits: dict[str, float] | None = None, **more: Any) -> dict[str, Any]:
    positive = more.pop("positive", ["yes"])
    report = measure_model_bias(
        TABLE, label="hired", predicted="said", facets=["sex=f"], positive=positive
    )
    made = model_analysis(report, limits, **more)
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def found(limits: dict[str, float] | None = None, **more: Any) -> ModelBias:
    return read_model_bias(content(limits, **more)["bert_aas"])


def shown(model: ModelBias | None, note: str = "") -> str:
    labels = measure_bias(TABLE, label="hired", facets=["sex"], positive=["yes"])
    bias = replace(read_bias(analysis(labels)), model=model, model_note=note)
    return str(show_section(SECTION, changed(full_report(), bias=bias)).body)


def words(body: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_the_largest_difference_in_a_sentence() -> None:
    assert found().verdict == (
        "1 of 1 comparisons differ by more than chance explains. The largest is sex = f: its rows "
        "of the class yes are found less often than those of the rest (40.0 points)."
    )


def test_within_the_limits() -> None:
    model = found({"RD": 0.5, "DPL": 0.1})
    assert not model.is_beyond
    assert "and every figure is within its limit (RD 0.5)." in model.verdict


def test_beyond_a_limit() -> None:
    model = found({"RD": 0.1, "AD": 0.01})
    assert model.is_beyond
    assert model.verdict == (
        "RD of sex = f for the class yes is 0.4000, and at most 0.1 is allowed (1 more do not "
        "hold)."
    )
    measures = model.facets[0].rows[0].measures
    assert measures["RD"].is_beyond
    assert not measures["SD"].is_beyond


def test_nothing_but_chance() -> None:
    table = {"sex": list("fm") * 40, "hired": ["y", "y", "n", "n"] * 20}
    report = measure_model_bias(
        {**table, "said": table["hired"]}, label="hired", predicted="said", facets=["sex=f"]
    )
    assert read_model_bias(model_analysis(report)["bert_aas"]).verdict == (
        "The model treats no group otherwise than the rest by more than chance."
    )


def test_the_mirror_of_two_classes_is_left_out() -> None:
    assert [row.positive for row in found(positive=[]).facets[0].rows] == ["yes"]


def test_metrics_without_groups_or_vectors_are_left_out() -> None:
    assert {"CDDPL", "FT"}.isdisjoint(found().metrics)
    assert "GE" in found().metrics


def test_an_infinite_figure_is_beyond_and_a_share_of_no_rows_is_not() -> None:
    table = {"s": list("aadd"), "l": list("ynyn"), "p": list("nnnn")}
    report = measure_model_bias(table, label="l", predicted="p", facets=["s=d"], positive=["y"])
    own = model_analysis(report, {"DAR": 0.0, "DCAcc": 0.0})["bert_aas"]
    measures = read_model_bias(own).facets[0].rows[0].measures
    assert measures["DAR"].value is None
    assert not measures["DAR"].is_beyond


def test_the_page() -> None:
    baseline = measure_model_bias(
        {**TABLE, "said": TABLE["hired"]}, label="hired", predicted="said", facets=["sex=f"],
        positive=["yes"],
    )  # fmt: skip
    low, high = newcombe(50, 50, 30, 50)
    body = shown(found({"RD": 0.5}, baseline=baseline, swaps=SWAPS))
    text = words(body)
    for piece in (
        "Before: the labels",
        "After: what the model predicts",
        "200 rows of the test split",
        "Rings (○) are the latest blessed model",
        f"0.400 {low:.3f} … {high:.3f}",
        "○ 0.000",
        "4 of 9 rows have a word of the pairs. With the words swapped, 1 of these gets another",
        "no -0.500, yes +0.500",
        "he &lt;i&gt;left&lt;/i&gt;",
        "At most 50.0 % may change.",
        "Limits: RD 0.5 .",
    ):
        assert piece in text, piece
    assert "<b>she" not in body
    assert 'class="edge long"' in body  # the ring of the baseline


def test_conditions() -> None:
    own = content()["bert_aas"]
    condition = {"name": "recall", "outcome": "failed", "sentence": "bias.after.RD is 0.4: failed"}
    own |= {"conditions": [condition], "refused": [condition]}
    model = read_model_bias(own)
    assert model.is_beyond
    assert model.verdict == "recall: bias.after.RD is 0.4: failed."
    assert "bias.after.RD is 0.4: failed" in words(shown(model))


def test_without_the_node_there_is_one_part() -> None:
    assert "Before: the labels" not in shown(None)
    assert "It failed." in shown(None, "It failed.")


class Run:
    """What a section reads of a run."""

    def __init__(self, output: Path, state: str) -> None:
        self.config = PipelineConfig.model_validate(
            {"output_dir": str(output), "data": {"path": "rows.csv"}}
        )
        self.states = {"ModelBiasDetector": state}
        self.run = {"run_id": "r1"}
        self.notes: dict[str, str] = {}

    def reason(self, node: str) -> str:
        return f"{node} failed."


@pytest.mark.parametrize(
    ("run", "note"), [("r1", ""), ("r0", "ModelBiasDetector failed."), (None, "ModelBiasDetector")]
)
def test_a_run_that_it_stopped(tmp_path: Path, run: str | None, note: str) -> None:
    from pipeline.report.sections import bias

    folder = tmp_path / "artifacts" / "ModelBiasDetector" / "analysis"
    folder.mkdir(parents=True)
    if run:
        kept = {**content({"RD": 0.1}), "run_id": run}
        (folder / "stopped.json").write_text(json.dumps(kept))
    sources: Any = Run(tmp_path, "failed")
    model, said = bias._read_model(sources)
    assert said.startswith(note)
    assert (model is not None and model.is_beyond) is (run == "r1")
