"""What goes into `explanations.json`, `analysis.json` and the Parquet file."""

import json
import math
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from bert_aas.contracts.plain_text import printable_json
from bert_aas.explanations.analysis import analysis
from bert_aas.explanations.deletion import faithfulness
from bert_aas.explanations.explained import ExplainedRow
from bert_aas.explanations.parquet import rows_as_parquet
from bert_aas.explanations.reading import brief
from bert_aas.explanations.summary import Asked, Explanations, as_json, explanations
from tests.bert_aas.explanations.explained_rows import CLASSES, explained, random_rows
from tests.bert_aas.explanations.test_deletion import deletion_test, true_scores


def asked(**fields: Any) -> Asked:
    given: dict[str, Any] = {
        "split": "eval",
        "classes": (*CLASSES, "never"),
        "texts": ("title", "body"),
        "seen": {"bad": 300, "good": 9},
        "steps": 32,
        "min_rows": 5,
        "top_words": 50,
    }
    return Asked(**(given | fields))


def summed_up(rows: list[ExplainedRow], **fields: Any) -> Explanations:
    return explanations(asked(**fields), rows, deletion_test(true_scores))


@pytest.fixture(scope="module")
def rows() -> list[ExplainedRow]:
    return random_rows(200, seed=1)


@pytest.fixture(scope="module")
def long(rows: list[ExplainedRow]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "row": number,
                "word": word,
                "score": score,
                "segment": segment,
                "predicted": row.predicted,
                "shop": row.slices.get("shop"),
                "baseline": row.baseline,
            }
            for number, row in enumerate(rows)
            for word, score, segment in zip(row.words, row.scores, row.segments, strict=True)
        ]
    )


def means_abs(some: pd.DataFrame) -> dict[str, float]:
    sums = some.groupby(["word", "row"])["score"].sum()
    return sums.abs().groupby("word").mean().to_dict()


def test_words_by_class_and_slice(rows: list[ExplainedRow], long: pd.DataFrame) -> None:
    content = json.loads(printable_json(as_json(summed_up(rows))))
    for one in content["by_class"][:3]:
        expected = means_abs(long[long.predicted == one["class"]])
        words = {word["word"]: word["mean_abs"] for word in one["words"]}
        assert len(words) == 16
        assert words == pytest.approx(expected)
        assert list(words.values()) == sorted(words.values(), reverse=True)
        labels = [row.label for row in rows if row.predicted == one["class"]]
        assert one["wrong"] == len(labels) - labels.count(one["class"])
    assert len(content["by_slice"]) == 6  # two shops, three classes; rows without a shop in none
    for one in content["by_slice"]:
        some = long[(long.predicted == one["class"]) & (long.shop == one["value"])]
        counts = some.groupby("word")["row"].nunique()
        expected = pd.Series(means_abs(some))[counts >= 5].nlargest(10)
        assert {word["word"]: word["mean_abs"] for word in one["words"]} == pytest.approx(
            expected.to_dict()
        )
        assert (one["column"], one["rows"]) == ("shop", some["row"].nunique())


def test_what_is_left_out_is_counted() -> None:
    content = as_json(summed_up([explained("abc", [0.1, 0.2, 0.3])] * 9 + [explained("d", [1])]))
    good = content["by_class"][1]
    assert (good["class"], good["rows"], good["left_out"]) == ("good", 10, 1)
    assert (
        len(summed_up([explained("abc", [0.1, 0.2, 0.3])] * 9, top_words=2).classes[1].words) == 2
    )


def test_a_class_that_is_never_predicted_has_no_figures(rows: list[ExplainedRow]) -> None:
    never = as_json(summed_up(rows))["by_class"][3]
    assert (never["rows"], never["words"], never["expected"]) == (0, [], None)
    assert never["stability"]["verdict"] == "too few rows to tell"


def test_the_verdict(rows: list[ExplainedRow]) -> None:
    verdict = summed_up(rows).verdict
    assert verdict.startswith("Faithful: without the 3 words that have the highest figures ")
    assert "the order of the words is not stable (rank correlation of two halves" in verdict
    assert verdict.endswith(", the lowest; of 1 more the rows are too few to tell).")


def test_no_rows() -> None:
    found = explanations(asked(), [], faithfulness([], []))
    assert math.isnan(found.gap)
    content = as_json(found)
    assert content["gap"] == {"mean": None, "largest": None}
    assert content["verdict"] == (
        "No row has two words or more, so nothing could be left out; rows are too few to tell how "
        "stable the words are."
    )
    assert analysis(found)["explanations"] == {"kernel_shap": {}}
    assert "NaN" not in printable_json(content)


def test_the_schema_of_clarify(rows: list[ExplainedRow], long: pd.DataFrame) -> None:
    content = analysis(summed_up(rows))
    assert content["version"] == "1.0"
    assert list(content["explanations"]["kernel_shap"]) == list(CLASSES)
    for name, told in content["explanations"]["kernel_shap"].items():
        some = long[long.predicted == name]
        texts = some.pivot_table("score", "row", "segment", "sum", fill_value=0).abs().mean()
        assert told["global_shap_values"] == pytest.approx({"title": texts[0], "body": texts[1]})
        assert told["global_top_shap_text"] == {"title": pytest.approx(means_abs(some))}
        baselines = some.groupby("row")["baseline"].first()
        assert told["expected_value"] == pytest.approx(baselines.mean())
    assert content["bert_aas"]["method"] == "integrated_gradients"


def test_the_part_for_run_json(rows: list[ExplainedRow]) -> None:
    found = summed_up(rows)
    told = brief(json.loads(printable_json(as_json(found))), words=2)
    assert told["top_words"]["good"] == [word.word for word in found.classes[1].words[:2]]
    assert told["faithfulness"]["verdict"] == "faithful"
    assert told["faithfulness"]["low"] == found.faithfulness.difference.low
    assert told["stability"]["never"] is None
    assert (told["rows"], told["verdict"]) == (200, found.verdict)


def test_rows_can_be_asked_in_sql(
    rows: list[ExplainedRow], long: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(rows_as_parquet(rows))
    explained = duckdb.read_parquet(str(path))
    assert len(explained) == 200
    found = explained.query(
        "explained",
        "SELECT predicted, word, sum(score) FROM (SELECT predicted, unnest(words) AS word, "
        "unnest(scores) AS score FROM explained WHERE slices['shop'] = 'north') GROUP BY ALL",
    ).fetchall()
    expected = long[long.shop == "north"].groupby(["predicted", "word"])["score"].sum()
    assert {row[:2]: row[2] for row in found} == pytest.approx(expected.to_dict())
