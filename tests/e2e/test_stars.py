"""Reviews with stars to a model of sentiment, by one configuration: the way of a whole project.

Prepared, balanced, divided 90/5/5, kept as features, asked in SQL, trained from the store.
"""

import csv
import json
import random
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pipeline_process import ROOT, TIMEOUT_S, Project, executed
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.e2e

ROWS = 500
WORDS = {1: "hate", 2: "bad", 3: "fine", 4: "good", 5: "love"}
SENTIMENT = {1: "-1", 2: "-1", 3: "0", 4: "1", 5: "1"}
SMALL = (
    *("transform.max_seq_length=24", "train.epochs=1", "train.batch_size=8"),
    *("train.learning_rate=0.005", "optimize.enabled=false", "evaluate.threshold=0"),
    "infra_validate.num_requests=2",
)
FROM_THE_STORE = (
    *("data.text_column=text", "data.label_column=label", "data.key_column=row_key"),
    *("data.split_by={split: split}", "prepare.label_map={}", "features.enabled=false"),
)


def write_reviews(path: Path) -> None:
    """Write reviews of which every fifth has to be cleaned; some are doubles or have no stars."""
    draw = random.Random(5)  # noqa: S311 - toy data
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("review_body", "star_rating"))
        for number in range(ROWS):
            stars = draw.choice(tuple(WORDS))
            letters = " ".join("".join(draw.choices("abcdefghij", k=2)) for _ in range(4))
            text = f"{letters} the shirt is {WORDS[stars]}"
            writer.writerow((f"<b>{text}</b>" if number % 5 == 0 else text, f"{stars}.0"))
            if number % 50 == 0:
                writer.writerow((f"  {text}", stars))
                writer.writerow((f"{text}, {letters}", ""))


@pytest.fixture(scope="module")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("stars")
    build_tiny_encoder(folder / "encoder")
    write_reviews(folder / "reviews.csv")
    return Project(output=folder / "output", config=ROOT / "configs" / "stars.yaml")


def run(project: Project, folder: Path, *settings: str) -> dict[str, Any]:
    places = (f"encoder.source={folder / 'encoder'}", f"features.store={folder / 'groups'}")
    return project.run(*SMALL, *places, *settings)


def printed(project: Project, *arguments: str, **variables: str) -> str:
    process = project.command(*arguments, **variables)
    found, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, found.decode()
    return found.decode()


def test_from_stars_to_a_model_that_is_trained_from_the_store(stars: Project) -> None:
    folder = stars.output.parent
    first = run(stars, folder, f"data.path={folder / 'reviews.csv'}")
    assert {"Preparer", "FeatureWriter", "Trainer", "Pusher"} <= executed(first)
    (summary,) = (stars.output / "artifacts" / "Preparer").rglob("summary.json")
    dropped = json.loads(summary.read_text())["dropped"]
    assert sum(dropped["no_label"]["rows"].values()) == ROWS // 50
    assert sum(dropped["duplicate"]["rows"].values()) == ROWS // 50

    query = "SELECT split, label, count(*) AS n FROM features.stars GROUP BY ALL"
    rows = json.loads(
        printed(stars, "sql", query, "--format", "json", BERT_AAS_FEATURES=str(folder / "groups"))
    )
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row["split"]][row["label"]] = row["n"]
    assert {label for found in counts.values() for label in found} == {"-1", "0", "1"}
    assert len(set(counts["train"].values())) == 1  # balanced; the others are not
    kept = sum(found.total() for found in counts.values())

    assert_labels_are_mapped(stars, folder)
    again = replace(stars, output=folder / "again")
    address = f"features://stars?as_of=2100-01-01&store={folder / 'groups'}"
    second = run(again, folder, f"data.path={address}", *FROM_THE_STORE)
    said = f"{kept} of {kept} rows were taken from the feature group stars (version 1); no text was"
    assert said in again.logged()
    assert said in (again.output / "report.html").read_text()
    assert second["metrics"] == first["metrics"]
    assert_labels_are_mapped(again, folder)  # by the rules of the run that wrote the group
    text = "ab cd the <b>shirt</b> is good"
    answers = [
        printed(project, "predict", "--model-dir", str(project.output / "serving_model"), text)
        for project in (stars, again)
    ]
    assert answers[0].splitlines()[-1] == answers[1].splitlines()[-1]


def assert_labels_are_mapped(project: Project, folder: Path) -> None:
    """The file has stars and the model a sentiment."""
    output = folder / "predicted.csv"
    said = printed(
        project,
        *("predict", "--model-dir", str(project.output / "serving_model")),
        *("--input", str(folder / "reviews.csv"), "--output", str(output)),
        *("--text-column", "review_body", "--label-column", "star_rating"),
    )
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        stars = row["star_rating"]
        assert row["true_label"] == (SENTIMENT[int(float(stars))] if stars else "")
    labelled = [row for row in rows if row["star_rating"]]
    right = sum(row["true_label"] == row["predicted_label"] for row in labelled)
    assert f"{right} of {len(labelled)} rows are right; not counted: {ROWS // 50} without" in said
