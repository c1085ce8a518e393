"""Table, JSON and drawing of a small lineage."""

import json
import re
from dataclasses import replace

from bert_aas.lineage.showing import lineage_json, mermaid, table_rows
from tests.bert_aas.lineage.lineages import DATA, MODEL, served, small


def test_the_table() -> None:
    assert table_rows(small()) == [
        (f"/rows.csv  sha256:{'ab' * 8}", "Input", "DataFile", "ContributedTo"),
        ("/served/7  (no longer there)", "Output", "Deployment", "SameAs"),
    ]


def test_json_holds_everything() -> None:
    found = json.loads(json.dumps(lineage_json(small())))
    assert found["model"]["uri"] == "gs://bucket/models/3"
    assert [thing["association"] for thing in found["things"]] == ["ContributedTo", "SameAs"]
    assert found["things"][0]["sha256"] == "ab" * 32
    assert found["steps"][0]["started"] == "2026-01-02T12:00:00+00:00"
    assert found["steps"][0]["makes"] == ["m"]


def test_the_drawing_has_a_shape_and_an_arrow_for_each() -> None:
    lines = mermaid(small()).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  t1[["Trainer/model #35;3<br>Model"]]' in lines
    arrows = [line.strip() for line in lines if "-->" in line]
    assert arrows == ["t0 --> s0", "s0 --> t1", "t1 --> s1", "s1 --> t2"]


def test_names_cannot_draw() -> None:
    evil = '"]; click t0 "javascript:alert(1)"\n  x-->y%%<b>'
    drawn = mermaid(small(d=replace(DATA, name=evil), m=replace(MODEL, name="x" * 500)))
    labels = re.findall(r'"([^"]*)"', drawn)
    assert len(labels) == 5
    assert not any(set(label.replace("<br>", "")) & set('"[]()<>\n%') for label in labels)
    assert max(map(len, drawn.splitlines())) < 600


def test_a_deployment_says_since_when_and_by_whom() -> None:
    (_, row) = table_rows(served())
    assert row[0] == "/served/7  (served since 2026-01-02 12:00:00, by cara)"
    found = lineage_json(served(until=None))
    assert found["things"][1]["details"]["by"] == "cara"
    assert found["steps"][1]["ended"] is None
    assert found["steps"][1]["details"]["reason"] == "the shop wants it"
    lines = mermaid(served()).splitlines()
    assert '  s1("deployment<br>by cara")' in lines
    assert any(
        line.startswith('  t2[("/served/7<br>Deployment<br>served since 2026') for line in lines
    )
