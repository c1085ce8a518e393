"""The FeatureWriter in a whole run: what it keeps, the cache, and a kill in the middle."""

import json

import pytest

from bert_aas.features import ingesting
from bert_aas.features.store import FeatureStore
from tests.bert_aas.features.records import read
from tests.e2e.conftest import ROWS
from tests.e2e.pipeline_process import TIMEOUT_S, Project, executed

pytestmark = pytest.mark.e2e


def test_a_run_keeps_its_features_once(adopted_project: Project) -> None:
    store = FeatureStore(adopted_project.output.parent / "groups")
    settings = ("features.enabled=true", f"features.store={store.root}")

    adopted_project.kill_before(ingesting._sync, *settings)
    assert [group.name for group in store.groups()] == ["toy"]
    assert read(store, "toy") == []

    run = adopted_project.run(*settings)
    assert executed(run) >= {"FeatureWriter"}
    assert "Trainer" not in executed(run)
    rows = read(store, "toy")
    assert len(rows) == ROWS
    columns = list(store.group("toy").version().definition.columns)
    places = {name: columns.index(name) for name in columns}
    assert {row[places["split"]] for row in rows} == {"train", "eval", "test"}
    for row in rows:
        assert len(row[places["input_ids"]]) == len(row[places["input_mask"]]) <= 24
        assert row[places["shop"]] in {"north", "south"}

    again = adopted_project.run(*settings)
    assert "FeatureWriter" not in executed(again)
    assert len(read(store, "toy", history=True)) == ROWS
    query = "SELECT label, label_id, count(*) AS n FROM features.toy GROUP BY ALL ORDER BY ALL"
    process = adopted_project.command(
        "sql", query, "--format", "json", BERT_AAS_FEATURES=str(store.root)
    )
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    found = json.loads(printed)
    assert sum(row["n"] for row in found) == ROWS
    assert sorted(row["label_id"] for row in found) == [0, 1]
