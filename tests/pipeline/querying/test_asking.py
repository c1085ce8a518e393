"""SQL over a project: its runs, their splits, its catalogue, at once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

import bert_aas
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.conditions.evaluating import as_json, evaluate
from bert_aas.conditions.params import ConditionParams
from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.layout import OutputLayout
from pipeline.metadata.store import connection_config
from pipeline.querying.asking import project_tables
from tests.bert_aas.catalogue.projects import add
from tests.pipeline.querying.test_split_rows import write_split
from tests.pipeline.recorder import OUTPUT, Recorder

INPUT = mlmd.Event.INPUT


def ask(folder: str, query: str) -> list[tuple[Any, ...]]:
    with asked(query, project_tables(None, [folder]), Limits()) as answer:
        return list(answer.rows())


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An output folder of three runs: the second prepared what the first read, the last failed."""
    root = tmp_path_factory.mktemp("output")
    recorder = Recorder(connection_config(None, OutputLayout(str(root))))
    names = json.dumps(["train", "eval"])
    for number, rows in ((1, 3), (2, 5)):
        for split in ("train", "eval"):
            write_split(root / str(number) / f"Split-{split}", rows)
    raw, prepared = (
        recorder.artifact(str(root / str(number)), split_names=names) for number in (1, 2)
    )
    made = {("examples", OUTPUT): [raw]}
    for run, given in (("first", raw), ("second", prepared)):
        recorder.execution("ExampleGen", run, mlmd.Execution.COMPLETE, made)
        taken = {("examples", INPUT): [given]}
        recorder.execution("Transform", run, mlmd.Execution.COMPLETE, taken)
    recorder.execution("ExampleGen", "third", mlmd.Execution.FAILED)
    return str(root)


def test_runs_and_what_they_measured(stored_runs: str) -> None:
    rows = ask(stored_runs, "SELECT run, run_id, state, accuracy FROM runs ORDER BY run")
    assert rows[0] == (1, "first", "succeeded", 0.75)
    assert [row[1] for row in rows] == ["first", "same", "other", "failed", "running"]
    joined = """
        SELECT r.run_id, p.value::INT, m.value FROM runs r
        JOIN parameters p ON r.run = p.run AND p.name = 'train.epochs'
        LEFT JOIN metrics m ON r.run = m.run AND m.name = 'accuracy' ORDER BY r.run
    """
    assert ask(stored_runs, joined)[2:4] == [("other", 3, 0.75), ("failed", 1, None)]
    nodes = "SELECT node, state FROM nodes WHERE run = 3 AND node <> 'Resolver'"
    assert ("Trainer", "executed") in ask(stored_runs, nodes)
    made = "SELECT uri FROM artifacts WHERE run = 1 AND node = 'Pusher'"
    assert ask(stored_runs, made) == [("/p",)]


def test_conditions_and_how_they_came_out(stored_runs: str) -> None:
    query = "SELECT run, name, outcome, decides, sentence FROM conditions ORDER BY name"
    assert ask(stored_runs, query) == [
        (3, "books", "failed", True, "0.4 is below 0.5: failed"),
        (3, "threshold", "passed", True, "it is enough"),
    ]


def test_what_conditions_ask_for(tmp_path: Path) -> None:
    folder = tmp_path / "evaluation"
    folder.mkdir()
    document = {"metrics": {"accuracy": {"value": 0.5}}, "slices": {}}
    given = [
        {"name": "a", "metric": "accuracy", "operator": "in", "bound": [0, 1]},
        {"name": "b", "metric": "accuracy", "bound": "baseline"},
        {"name": "c", "metric": "recall", "class": "good", "slice": "shop=north", "bound": 0.9},
        {"name": "d", "operator": "not", "of": ["a"]},
    ]
    listed = [ConditionParams.model_validate_json(json.dumps(one)) for one in given]
    verdict = as_json(evaluate(listed, document))
    (folder / "conditions.json").write_text(json.dumps(verdict))
    recorder = Recorder(connection_config(None, OutputLayout(str(tmp_path))))
    made = {("evaluation", OUTPUT): [recorder.artifact(str(folder))]}
    recorder.execution("Evaluator", "first", mlmd.Execution.COMPLETE, made)
    query = "SELECT name, class, slice, operator, bound, measured FROM conditions ORDER BY name"
    assert ask(str(tmp_path), query) == [
        ("a", None, None, "in", "[0.0, 1.0]", 0.5),
        ("b", None, None, ">=", "baseline", 0.5),
        ("c", "good", "shop=north", ">=", "0.9", None),
        ("d", None, None, "not", None, None),
    ]


def test_words_by_class_and_slice(tmp_path: Path) -> None:
    folder, gone = tmp_path / "explanations", tmp_path / "gone"
    folder.mkdir()
    word = {"word": "fine", "rows": 3, "mean": -0.25, "low": -0.5, "high": None, "mean_abs": 0.5}
    content = {
        "by_class": [{"class": "good", "words": [word, {**word, "word": "bad"}]}],
        "by_slice": [{"column": "shop", "value": "north", "class": "good", "words": [word]}],
    }
    (folder / "explanations.json").write_text(json.dumps(content))
    recorder = Recorder(connection_config(None, OutputLayout(str(tmp_path))))
    for run, place in (("first", folder), ("second", gone)):
        made = {("explanations", OUTPUT): [recorder.artifact(str(place))]}
        recorder.execution("Explainer", run, mlmd.Execution.COMPLETE, made)
    figures = (3, -0.25, -0.5, None, 0.5)
    assert ask(str(tmp_path), "FROM explanations ORDER BY slice, word") == [
        (1, "good", "shop=north", "fine", *figures),
        (1, "good", None, "bad", *figures),
        (1, "good", None, "fine", *figures),
    ]


def test_splits_are_those_that_the_run_trained_on(output: str) -> None:
    counts = "SELECT (SELECT count(*) FROM {0}.train), (SELECT count(*) FROM {0}.eval)"
    assert ask(output, counts.format("run_1")) == [(3, 3)]
    assert ask(output, counts.format("run_2")) == [(5, 5)]
    assert ask(output, counts.format("splits")) == [(5, 5)]
    assert ask(output, "SELECT stars FROM Splits.Train WHERE text = 'text 4'") == [(-4,)]


def test_a_split_that_is_not_there(output: str) -> None:
    with pytest.raises(InvalidInputError, match=r"no table splits\.trian; did you mean splits"):
        ask(output, "SELECT * FROM splits.trian")
    with pytest.raises(InvalidInputError, match=r"there is no table run_3\.train"):
        ask(output, "SELECT * FROM run_3.train")


def test_one_query_over_all(output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shops.csv").write_text("stars,shop\n-1,north\n-2,south\n")
    add(tmp_path, "shops", "shops.csv")
    monkeypatch.chdir(tmp_path)
    joined = "SELECT shop, row_key FROM shops JOIN splits.train USING (stars) ORDER BY shop"
    frame = bert_aas.sql(joined, output_dirs=[output])
    assert frame.to_dict("list") == {
        "shop": ["north", "south"],
        "row_key": ["reviews.csv:1", "reviews.csv:2"],
    }
    everything = {
        str(one.name) for each in project_tables(None, [output]) for one in each.offered()
    }
    tables = {"runs", "nodes", "parameters", "metrics", "artifacts", "conditions", "explanations"}
    splits = {
        f"{schema}.{split}"
        for schema in ("splits", "run_1", "run_2")
        for split in ("train", "eval")
    }
    assert everything == tables | splits | {"shops"}


def test_a_project_without_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(bert_aas.sql("SELECT * FROM runs")) == 0
    with pytest.raises(InvalidInputError, match=r"there is no table splits\.train"):
        bert_aas.sql("SELECT * FROM splits.train")


def test_what_a_query_does_not_need_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    add(tmp_path, "rows", "a.csv")
    heavy = "{'ml_metadata', 'tensorflow', 'sqlglot', 'tfx', 'apache_beam'}"
    code = (
        "import sys; from pipeline.cli import main; "
        f"main(['sql', 'FROM rows', '--format', 'csv']); print({heavy} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["a", "1", "set()"]
