"""The gates on the way to the server, and the figures that decided the blessing."""

from dataclasses import dataclass

from pipeline.metadata.estimates import Estimate
from pipeline.report.charts.evaluation import threshold_gauge
from pipeline.report.reading.sources import Sources
from pipeline.report.section import RunSection
from pipeline.report.sections import evaluation
from pipeline.runs.conditions import is_undecided


@dataclass(frozen=True)
class Check:
    """One gate on the way to the server.

    Attributes:
        name: What is checked.
        passed: `None` if the run did not get there.
        reason: One sentence.
    """

    name: str
    passed: bool | None
    reason: str


@dataclass(frozen=True)
class Verdict:
    """The gates, and the figures that decided the blessing."""

    checks: tuple[Check, ...]
    metric: str
    threshold: float
    max_drop: float
    value: Estimate | None = None
    baseline: float | None = None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return the reasons of the gates that were not passed; the push only follows them."""
        refused = [check.reason for check in self.checks if check.passed is False]
        return tuple(refused[:-1] if len(refused) > 1 else refused)


def read_verdict(sources: Sources) -> Verdict:
    """Put the gates on the way to the server together.

    Args:
        sources: The run: a gate without an artifact was not reached.

    Returns:
        The gates, and the figures of the Evaluator if there are any.
    """
    run, params = sources.run, sources.config.evaluate
    pushed = run.get("pushed_model")
    arrived = sources.artifact("Pusher", "pushed_model") is not None
    waits = run.get("status") == "waiting_for_approval"
    held_back = "it waits for its approval" if waits else "nothing was pushed"
    push_reason = f"pushed to {pushed}" if pushed else held_back
    checks = (
        _blessing("Blessing by the metrics", _judge(sources), run.get("reason"), sources),
        _blessing("Test in a model server", "InfraValidator", run.get("infra_reason"), sources),
        Check(
            "Push",
            bool(pushed) if arrived and not waits else None,
            push_reason if arrived else sources.reason("Pusher"),
        ),
    )
    measured = evaluation.SECTION.collect(sources)
    value = measured.overall.get(params.metric) if measured else None
    baseline = measured.baseline.get(params.metric) if measured else None
    return Verdict(checks, params.metric, params.threshold, params.max_drop, value, baseline)


def _blessing(name: str, node_id: str, reason: str | None, sources: Sources) -> Check:
    artifact = sources.artifact(node_id, "blessing")
    if artifact is None:
        return Check(name, None, sources.reason(node_id))
    found = artifact.properties
    said = str(found.get("reason") or reason or "no reason was stored")
    return Check(name, None if is_undecided(found) else found.get("blessed") == 1, said)


def _judge(sources: Sources) -> str:
    """Name the node that had the last word on the conditions."""
    later = "ModelBiasDetector"
    return later if sources.artifact(later, "blessing") else "Evaluator"


SECTION = RunSection(
    name="verdict",
    title="Blessing",
    heading="Blessing and push",
    anchor="blessing",
    read=read_verdict,
    helpers={"threshold_gauge": threshold_gauge},
)
