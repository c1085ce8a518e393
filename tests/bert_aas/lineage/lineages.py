"""A small lineage: a file, a step, a model, a step, a deployment."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from bert_aas.lineage.graph import INPUT, OUTPUT, Lineage, Link, Step, Thing

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
LATER = NOON + timedelta(seconds=1.5)
DATA = Thing("d", "/rows.csv", "DataFile", "/rows.csv", "ab" * 32)
MODEL = Thing("m", "Trainer/model #3", "Model", "gs://bucket/models/3")
DEPLOYED = Thing("p", "/served/7", "Deployment", "/served/7", note="no longer there")
TRAINED = Step("execution:1", "Trainer", "r1", "demo", NOON, LATER, "c0de", ("d", "x"), ("m",))
PUSHED = Step("execution:2", "Pusher", "r1", "demo", LATER, LATER, "", ("m",), ("p",))
SERVED = Step(
    "deployment.1", "deployment", "", "demo", NOON, LATER, "", ("m",), ("p",),
    {"by": "cara", "cause": "deploy", "reason": "the shop wants it"},
)  # fmt: skip


def small(**things: Thing) -> Lineage:
    """Make it; `things` take the place of its own."""
    known = {"d": DATA, "m": MODEL, "p": DEPLOYED, **things}
    links = (Link("d", INPUT, "ContributedTo"), Link("p", OUTPUT, "SameAs"))
    return Lineage("m", known, (TRAINED, PUSHED), links)


def served(*, until: datetime | None = LATER) -> Lineage:
    """Make one whose model a command has deployed."""
    step = replace(SERVED, ended=until)
    details = {"since": "2026-01-02T12:00:00+00:00", "by": "cara"}
    thing = replace(DEPLOYED, note="served since 2026-01-02 12:00:00, by cara", details=details)
    return replace(small(p=thing), steps=(TRAINED, step))
