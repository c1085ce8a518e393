"""The component's work on real examples, with a model whose truth is known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tfx.types import artifact_utils, channel_utils, standard_artifacts
from tfx.types.experimental import simple_artifacts

from bert_aas.tables.arrow import parquet
from components.explainer.component import Explainer, columns_parameter
from components.explainer.examples import Columns, choose_rows, read_row
from components.explainer.executor import Executor
from components.explainer.params import ExplainParams
from models.attribution.attribution import Explainer as ModelExplainer
from tests.components.split_files import Row, serialized, write_split
from tests.models.explainable import export_explainable

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

PLANTED = "shirt"
FILLERS = ("the", "movie", "shoes", "good", "bad", "very", "a", "b", "c")
Explain = Callable[..., dict[str, Any]]


def rows(count: int) -> list[Row]:
    """Half of the rows have the planted word, at a place of chance."""
    draw = np.random.default_rng(4)
    made: list[Row] = []
    for number in range(count):
        words = [str(word) for word in draw.choice(FILLERS, 7, replace=False)]
        planted = number % 2 == 0
        if planted:
            words.insert(int(draw.integers(8)), PLANTED)
        label = "2" if planted else "no"
        slices: Row = {"shop": ("north", "south")[number % 3 == 0], "stars": number % 4, "age": 0.1}
        made.append({"text": " ".join(words), "label": label, **slices})
    return made


def test_values_are_read_as_text(tmp_path: Path) -> None:
    columns = Columns("label", ("text", "pair"), ("stars", "age", "shop", "town"))
    row = serialized({"label": "x", "text": "höher", "stars": 3, "age": 40.1, "shop": None})
    found = read_row(row, columns)
    assert (found.label, found.texts) == ("x", ("höher", ""))
    assert found.slices == {"stars": "3", "age": "40.1"}


def test_rows_are_chosen_by_class_however_they_lie(tmp_path: Path) -> None:
    some: list[Row] = [
        {"text": str(number), "label": "ab"[number % 5 == 0]} for number in range(100)
    ]
    columns = Columns("label", ("text",))
    one = choose_rows(str(write_split(tmp_path / "1", some)), columns, 20)
    other = choose_rows(str(write_split(tmp_path / "2", some[::-1], files=3)), columns, 20)
    labels = [read_row(row, columns).label for row in one.chosen()]
    assert (labels.count("a"), labels.count("b")) == (10, 10)
    chosen = [[read_row(row, columns) for row in each.chosen()] for each in (one, other)]
    assert chosen[0] == chosen[1]
    assert one.seen == {"a": 80, "b": 20}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> standard_artifacts.Model:
    made = standard_artifacts.Model()
    made.uri = str(tmp_path_factory.mktemp("model"))
    export_explainable(Path(made.uri) / "Format-Serving", planted=PLANTED)
    return made


@pytest.fixture
def explain(model: standard_artifacts.Model, tmp_path: Path) -> Explain:
    """Run the node; give `explanations.json`, and the folder as `folder`."""

    def run(some: list[Row], **fields: Any) -> dict[str, Any]:
        examples = standard_artifacts.Examples()
        examples.uri = str(tmp_path / "examples")
        examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
        write_split(tmp_path / "examples" / "Split-eval", some)
        made = simple_artifacts.Metrics()
        made.uri = str(tmp_path / "made")
        (tmp_path / "made").mkdir()
        params = {"enabled": True, "removed_words": [1, 3], **fields}
        Executor().Do(
            {"model": [model], "examples": [examples]},
            {"explanations": [made]},
            {
                "explain_params": json.dumps(params),
                "columns": columns_parameter("label", ["text"], ["shop"]),
            },
        )
        content = json.loads((tmp_path / "made" / "explanations.json").read_text())
        assert made.get_string_custom_property("verdict") == content["verdict"]
        return {**content, "folder": tmp_path / "made"}

    return run


def test_the_planted_word_comes_first(explain: Explain) -> None:
    found = explain(rows(80))

    assert (found["rows"], found["seen"], found["classes"]) == (
        80,
        {"2": 40, "no": 40},
        ["no", "10", "2"],
    )
    by_class = {one["class"]: one for one in found["by_class"]}
    first, *others = by_class["2"]["words"]
    assert (first["word"], first["rows"]) == (PLANTED, 40)
    # With it the odds are e^8 : e^4 : 1, without it 1 : e^4 : 1.
    assert first["mean"] == pytest.approx(0.981 - 0.018, abs=0.002)
    assert max(abs(word["mean"]) for word in others) < 1e-6
    assert (by_class["2"]["wrong"], by_class["10"]["rows"]) == (0, 0)
    assert [one["class"] for one in found["by_slice"]] == ["no", "2", "no", "2"]

    one, three = found["deletion"]["curve"]
    assert found["deletion"]["verdict"] == "faithful"
    assert found["verdict"].startswith("Faithful: without the 3 words that have the highest figure")
    # Half of the rows have the word; one random word of eight is it.
    assert one["top"]["value"] == pytest.approx(0.963 / 2, abs=0.002)
    assert one["random"]["value"] == pytest.approx(0.963 / 2 / 8, abs=0.05)
    assert three["difference"]["low"] > 0.1


def test_rows_and_analysis_lie_beside_it(explain: Explain) -> None:
    found = explain(rows(40), rows=20)

    assert found["rows"] == 20
    table = parquet.read_table(found["folder"] / "explained_rows.parquet").to_pylist()
    assert [row["label"] for row in table] == ["2"] * 10 + ["no"] * 10
    assert all(dict(row["slices"])["shop"] in {"north", "south"} for row in table)
    for row in table:
        assert sum(row["scores"]) == pytest.approx(row["probability"] - row["baseline"], abs=1e-3)
    told = json.loads((found["folder"] / "analysis.json").read_text())["explanations"]
    assert (
        max(
            (value, word)
            for word, value in told["kernel_shap"]["2"]["global_top_shap_text"]["text"].items()
        )[1]
        == PLANTED
    )


def test_random_figures_are_not_faithful(explain: Explain, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    monkeypatch.setattr(
        ModelExplainer,
        "_integrate",
        lambda self, paths, steps: [draw.normal(size=len(path.end.word_ids)) for path in paths],
    )
    found = explain(rows(80))
    assert found["deletion"]["verdict"] == "not faithful"
    assert found["verdict"].startswith("Not faithful: ")


def test_a_split_without_rows(explain: Explain) -> None:
    found = explain([])
    assert (found["rows"], found["seen"], found["gap"]["mean"]) == (0, {}, None)
    assert found["verdict"].startswith("No row has two words or more")


def test_what_the_component_is_told(model: standard_artifacts.Model) -> None:
    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    params = ExplainParams(enabled=True, rows=7)
    columns = columns_parameter("stars", ["a", "b"], ["shop"])
    node = Explainer(channel_utils.as_channel([model]), examples, params, columns)
    assert ExplainParams.model_validate_json(node.exec_properties["explain_params"]) == params
    told = json.loads(node.exec_properties["columns"])
    assert told == {"label": "stars", "texts": ["a", "b"], "slices": ["shop"]}
    assert node.outputs["explanations"].type_name == "Metrics"
