"""What a report shows, as plain values: everything a run did not reach is `None` or empty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.metadata.estimates import CalibrationBin, Estimate, MetricGroup


@dataclass(frozen=True)
class GraphNode:
    """One node of the graph.

    Attributes:
        id: Its id.
        state: `executed`, `cached`, `failed` or `skipped`.
        seconds: How long it took.
        upstream: Ids of the nodes it waits for.
    """

    id: str
    state: str
    seconds: float
    upstream: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunOverview:
    """The run as a whole.

    Attributes:
        name: Name of the pipeline.
        run_id: Id of the run.
        started: When it started, if the id tells.
        status: `succeeded`, `not_blessed` or `failed`.
        error: What stopped it, one sentence.
        failed_node: Where it stopped.
        pushed_model: Folder of the pushed model.
    """

    name: str
    run_id: str
    started: datetime | None = None
    status: str = "failed"
    error: str | None = None
    failed_node: str | None = None
    pushed_model: str | None = None


@dataclass(frozen=True)
class SplitRows:
    """One split of the rows.

    Attributes:
        name: For example `train`.
        rows: Number of rows.
        class_counts: Rows per class, in the order of `DataSection.classes`.
        mean_text_bytes: Mean length of the text, if known.
    """

    name: str
    rows: int
    class_counts: tuple[int, ...] = ()
    mean_text_bytes: float | None = None


@dataclass(frozen=True)
class FeatureSummary:
    """One column of the table.

    Attributes:
        name: Name of the column.
        kind: `text`, `category`, `number` or `identifier`.
        missing: Share of rows without a value, all splits.
        distinct: Different values in the first split, if counted.
        summary: Range or most frequent values, in words; never values of a text.
        estimated: Whether `distinct` is.
    """

    name: str
    kind: str
    missing: float
    distinct: int | None
    summary: str
    estimated: bool = False


@dataclass(frozen=True)
class SchemaRow:
    """What the schema asks of one column.

    Attributes:
        name: Name of the column.
        type: `string`, `integer` or `float`.
        required: Whether every row must have a value.
        values: The allowed values or their range, in words; empty for any.
    """

    name: str
    type: str
    required: bool
    values: str


@dataclass(frozen=True)
class LengthDistribution:
    """Lengths of the train split's rows in tokens, `[CLS]` and `[SEP]` counted.

    Attributes:
        edges: Lower ends of the bins and the upper end of the last one, `[B + 1]`.
        counts: Rows per bin, `[B]`.
        mean: Mean length.
        median: Median.
        p95: 95th percentile.
        longest: The longest row.
        limit: `max_seq_length`.
        at_limit: Share of rows that fill the limit and may have been cut.
        rows: Rows that were read.
    """

    edges: tuple[int, ...]
    counts: tuple[int, ...]
    mean: float
    median: float
    p95: float
    longest: int
    limit: int
    at_limit: float
    rows: int


@dataclass(frozen=True)
class DataSection:
    """The rows: where from, how many, of which classes, how long."""

    source: str
    rejected: int
    splits: tuple[SplitRows, ...]
    classes: tuple[str, ...] = ()
    features: tuple[FeatureSummary, ...] = ()
    lengths: LengthDistribution | None = None


@dataclass(frozen=True)
class AnomalyRow:
    """One reason why a split does not fit the schema, and whether it stops the run."""

    split: str
    feature: str
    kind: str
    reason: str
    stops: bool


@dataclass(frozen=True)
class AnomalySection:
    """What ExampleValidator found, and which kinds the configuration does not tolerate."""

    found: tuple[AnomalyRow, ...]
    stop_on: tuple[str, ...]


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch; NaN for what was not recorded."""

    number: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    examples_per_s: float


@dataclass(frozen=True)
class TrainingSection:
    """The learning curve, the epoch whose weights were kept, and the hyperparameters.

    `precision` is the one that ran; `None`: the training was before there was a choice.
    """

    epochs: tuple[Epoch, ...]
    best_epoch: int | None
    hyperparameters: Mapping[str, Any]
    precision: str | None = None


@dataclass(frozen=True)
class TunerSection:
    """The trials of the Tuner, the best first: `trial_id`, `score` and the hyperparameters."""

    columns: tuple[str, ...]
    trials: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class VariantRow:
    """A faster form of the model beside the SavedModel.

    Attributes:
        name: For example `bf16`.
        kept: Whether the server may use it.
        reason: Why, or why not.
        single_speedup: For one row; over the SavedModel, in the processor's time.
        batch_speedup: For 32 rows.
        accuracy: On the rows compared.
        agreement: Share of these rows with the SavedModel's label.
    """

    name: str
    kept: bool
    reason: str
    single_speedup: float
    batch_speedup: float
    accuracy: float
    agreement: float


@dataclass(frozen=True)
class OptimizerSection:
    """What the Optimizer compared: rows of the eval split, the SavedModel's accuracy, variants.

    Where there is nothing to compare, or less than usual, the note says why.
    """

    rows: int
    accuracy: float
    cpu: str
    variants: tuple[VariantRow, ...]
    note: str | None = None


@dataclass(frozen=True)
class EvaluationSection:
    """What TFMA measured on the test split.

    Attributes:
        metric: The metric that decides the blessing.
        overall: All rows: name to estimate.
        baseline: The latest blessed model on the same rows; empty if there is none.
        by_class: One entry per class, in natural order.
        slices: One entry per slice.
        confusion: Rows by true and predicted class, both in natural order.
        calibration: Bins by confidence that have rows.
        rows: Rows of the test split, those of unknown classes among them.
        unknown: Rows whose class the model does not know: they count as misses.
    """

    metric: str
    overall: Mapping[str, Estimate]
    baseline: Mapping[str, float] = field(default_factory=dict)
    by_class: tuple[MetricGroup, ...] = ()
    slices: tuple[MetricGroup, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    rows: int = 0
    unknown: int = 0


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
class VerdictSection:
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


@dataclass(frozen=True)
class LineageArtifact:
    """One artifact: id in the metadata, type, folder below the artifacts' root."""

    id: int
    type: str
    uri: str


@dataclass(frozen=True)
class LineageNode:
    """What a node read (ids of artifacts) and made."""

    id: str
    state: str
    reads: tuple[int, ...]
    makes: tuple[LineageArtifact, ...]


@dataclass(frozen=True)
class ChangedParameter:
    """A configured value that is not the default; required ones have no default."""

    name: str
    value: Any
    default: Any
    required: bool = False


@dataclass(frozen=True)
class LineageSection:
    """Which data, code, encoder and parameters made the model.

    Attributes:
        facts: Name and value, e.g. the data's fingerprint.
        parameters: Configured values that differ from the defaults.
        nodes: The nodes that ran, with their artifacts.
        model: The model that was evaluated, if there is one.
    """

    facts: tuple[tuple[str, str], ...]
    parameters: tuple[ChangedParameter, ...]
    nodes: tuple[LineageNode, ...]
    model: LineageArtifact | None = None


@dataclass(frozen=True)
class ReportData:
    """The whole report.

    Attributes:
        notes: Section (`data`, `anomalies`, `training`, `tuner`, `evaluation`, ...) to the reason
            why it, or a part of it, is missing.
    """

    run: RunOverview
    graph: tuple[GraphNode, ...]
    verdict: VerdictSection
    lineage: LineageSection
    environment: tuple[tuple[str, str], ...]
    data: DataSection | None = None
    schema: tuple[SchemaRow, ...] | None = None
    anomalies: AnomalySection | None = None
    training: TrainingSection | None = None
    tuner: TunerSection | None = None
    optimizer: OptimizerSection | None = None
    evaluation: EvaluationSection | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
