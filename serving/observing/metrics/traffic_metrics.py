"""What the versions of planned models do, as metrics: made when they are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client import Metric

from bert_aas.traffic.figures import Figures
from serving.observing.metrics.exposition import Family

_OURS = ":bert_aas:serving:traffic_"
_LABELS = ("model_name", "version")


@dataclass(frozen=True)
class ArmFigures:
    """One version that takes part in a plan.

    Attributes:
        model: The model.
        version: Number or label, as the plan names it.
        share: Percent of the requests that it has now.
        total: What it did since the server started.
        recent: What it did in the last five minutes.
    """

    model: str
    version: str
    share: float
    total: Figures
    recent: Figures


ReadArms = Callable[[], Iterable[ArmFigures]]

_VALUES: tuple[tuple[str, str, Callable[[ArmFigures], float | None]], ...] = (
    ("share_percent", "gauge", lambda arm: arm.share),
    ("requests", "counter", lambda arm: arm.total.requests),
    ("errors", "counter", lambda arm: arm.total.errors),
    ("seconds", "counter", lambda arm: arm.total.seconds),
    ("p99_seconds", "gauge", lambda arm: arm.recent.quantile_s(0.99)),
    ("mean_confidence", "gauge", lambda arm: arm.recent.mean_confidence),
    ("compared_rows", "counter", lambda arm: arm.total.compared),
    ("differing_rows", "counter", lambda arm: arm.total.differed),
    ("rewarded_answers", "counter", lambda arm: arm.total.rewarded),
    ("rewards", "counter", lambda arm: arm.total.reward),
)


def traffic_families(read: ReadArms) -> list[Family]:
    """Make the metrics of plans of traffic.

    Args:
        read: Returns the arms of all plans.

    Returns:
        The metrics, in the order of the page; without values while there are no plans.
    """
    return [Family(_OURS + name, kind, _Values(read, kind, value)) for name, kind, value in _VALUES]


@dataclass(frozen=True)
class _Values:
    """One metric of all arms; what is not known is left out."""

    read: ReadArms
    kind: str
    value: Callable[[ArmFigures], float | None]

    def collect(self) -> Iterable[Metric]:
        """Return the present values."""
        family = Metric("m", "", self.kind)
        for arm in self.read():
            value = self.value(arm)
            if value is not None:
                family.add_sample(
                    "m", dict(zip(_LABELS, (arm.model, arm.version), strict=True)), value
                )
        return [family]
