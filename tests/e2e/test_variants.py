"""Other inputs and settings than the usual ones, through the whole pipeline."""

import json
import random
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pipeline_process import COMMAND, ROOT, Project, executed

pytestmark = pytest.mark.e2e

ROWS = 240
ANSWERS = {"yes": "good", "no": "bad", "don't know": "fine"}
SCHEMA = """
feature { name: "text" type: BYTES presence { min_fraction: 0.0 min_count: 0 } }
feature { name: "label" type: BYTES presence { min_fraction: 1.0 min_count: 1 } }
feature { name: "id" type: INT presence { min_fraction: 0.0 min_count: 0 } }
feature { name: "row_key" type: BYTES presence { min_fraction: 1.0 min_count: 1 } }
"""


def artifact(project: Project, node_id: str, key: str, name: str) -> Any:
    """Read a JSON file of the newest artifact of a node."""
    folders = (project.output / "artifacts" / node_id / key).glob("*")
    newest = max(folders, key=lambda folder: int(folder.name))
    return json.loads((newest / name).read_text())


def test_tuned_hyperparameters_reach_the_trainer(adopted_project: Project) -> None:
    space = ["tune.enabled=true", "tune.max_trials=2", "tune.epochs=[1]", "tune.batch_size=[8, 16]"]

    run = adopted_project.run(*space, "tune.learning_rate=[0.001, 0.004]")

    assert {"Tuner", "Trainer"} <= executed(run)
    results = artifact(adopted_project, "Tuner", "tuner_results", "tuner_results.json")
    assert len(results) == 2
    best = max(results, key=lambda trial: trial["score"])
    trained = artifact(adopted_project, "Trainer", "model_run", "history.json")["hyperparameters"]
    for name in ("learning_rate", "dropout", "batch_size", "epochs"):
        assert trained[name] == pytest.approx(best[name])
    assert (
        f"{best['learning_rate']:.3g}"[:4] in (adopted_project.output / "report.html").read_text()
    )


def write_pairs(path: Path) -> None:
    """Write questions with replies that decide among three classes, and two bad rows."""
    draw = random.Random(3)  # noqa: S311 - toy data
    with path.open("w", encoding="utf-8") as file:
        for _ in range(ROWS):
            answer = draw.choice(tuple(ANSWERS))
            reply = f"{ANSWERS[answer]} {''.join(draw.choices('abcdefghij', k=4))}"
            row = {"question": "the shirt?", "reply": reply, "answer": answer}
            file.write(json.dumps(row) + "\n")
        file.write('{"question": "no label"}\nnot JSON\n')


def test_pairs_of_texts_from_json_lines_with_three_classes(project: Project) -> None:
    folder = project.output.parent
    data, output = folder / "pairs.jsonl", folder / "predicted.jsonl"
    write_pairs(data)
    columns = ["text_column=question", "text_pair_column=reply", "label_column=answer"]
    settings = [*columns, "key_column=null", "bad_rows=reject", "stratify=true", f"path={data}"]
    pairs = replace(project, output=folder / "pairs_output")

    run = pairs.run(*(f"data.{setting}" for setting in settings), "evaluate.slices=[answer]")

    assert run["status"] == "succeeded"
    (rejects,) = (pairs.output / "artifacts" / "ExampleGen").rglob("rejects.jsonl")
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [241, 242]
    good = folder / "good.jsonl"
    good.write_text("".join(line + "\n" for line in data.read_text().splitlines()[:ROWS]))
    command = [*COMMAND, "predict", "--model-dir", str(pairs.output / "serving_model")]
    command += ["--input", str(good), "--text-column", "question", "--text-pair-column", "reply"]
    subprocess.run([*command, "--output", str(output)], cwd=ROOT, check=True, capture_output=True)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert len(rows) == ROWS
    for row in rows:
        shares = {name: row[f"probability_{name}"] for name in ANSWERS}
        assert row["probability"] == shares[row["predicted_label"]] == max(shares.values())


def test_anomaly_that_the_schema_forbids_stops_the_run(adopted_project: Project) -> None:
    schema = adopted_project.output.parent / "schema.pbtxt"
    schema.write_text(SCHEMA)
    process = adopted_project.start(
        f"validate.schema_path={schema}", "validate.stop_on=[SCHEMA_NEW_COLUMN]"
    )

    printed, _ = process.communicate(timeout=600)

    last = printed.decode().strip().splitlines()[-1]
    assert process.returncode == 2
    assert last.startswith("Error: the data does not fit the schema")
    assert "feature shop of split train: SCHEMA_NEW_COLUMN" in last
    run = json.loads((adopted_project.output / "run.json").read_text())
    assert run["status"] == "failed"
    assert "SCHEMA_NEW_COLUMN" in (adopted_project.output / "report.html").read_text()
