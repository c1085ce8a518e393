"""The facts of a model that its papers are filled from. What is not known is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A measured value with its 95 % confidence interval, where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Group:
    """The rows of a class or of a slice.

    Attributes:
        name: The class, or the value of the column.
        rows: How many rows of the test split they are.
        figures: Name of a metric to its value.
        column: The column of a slice; empty for a class.
    """

    name: str
    rows: int
    figures: Mapping[str, Figure]
    column: str = ""


@dataclass(frozen=True)
class Data:
    """The rows that a model was made of.

    Attributes:
        source: A path or an address.
        sha256: Hash of the file, or of all files, as the run read them.
        text_columns: The columns of the texts.
        label_column: The column of the classes.
        splits: Split to its rows.
        classes: The classes, in natural order.
        class_counts: Split to its rows per class, in the order of the classes.
        split_by: What decided the splits, a sentence.
        schema: Column, type and allowed values.
        limits: What was left out, sentences.
    """

    source: str
    sha256: str = ""
    text_columns: tuple[str, ...] = ()
    label_column: str = ""
    splits: Mapping[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    class_counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    split_by: str = ""
    schema: tuple[tuple[str, str, str], ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """How a model was trained.

    Attributes:
        encoder: The encoder's name or place.
        encoder_sha256: Fingerprint of its content.
        hyperparameters: Name to value.
        parameters: Dotted name in the configuration to value.
        epochs: Figures of each epoch.
        best_epoch: The one whose weights were kept.
        precision: For example `bfloat16`; empty if it is not known.
        seconds: How long the training took.
        teacher: The model that taught it; empty if there was none.
    """

    encoder: str = ""
    encoder_sha256: str = ""
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    epochs: tuple[Mapping[str, float], ...] = ()
    best_epoch: int | None = None
    precision: str = ""
    seconds: float = 0.0
    teacher: str = ""


@dataclass(frozen=True)
class Evaluation:
    """What was measured on the test split.

    Attributes:
        metric: The metric that decides.
        rows: Rows of the test split.
        overall: Name of a metric to its value over all rows.
        baseline: The same of the latest blessed model before.
        classes: The classes with their figures.
        slices: The slices with their figures.
        confusion: Rows by true and predicted class, in the order of `classes`.
        verdict: Why it was blessed.
    """

    metric: str = ""
    rows: int = 0
    overall: Mapping[str, Figure] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    classes: tuple[Group, ...] = ()
    slices: tuple[Group, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    verdict: str = ""


@dataclass(frozen=True)
class BiasRow:
    """A group of rows against the rest: who, the positive class, rows, and figures."""

    facet: str
    value: str
    positive: str
    rows: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Bias:
    """How far groups of rows differ.

    Attributes:
        when: `before training` or `after training`.
        verdict: What it comes to, a sentence.
        rows: The comparisons.
    """

    when: str
    verdict: str
    rows: tuple[BiasRow, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A condition that the model was judged by."""

    name: str
    outcome: str
    sentence: str


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes:
        name: Its name on the package index.
        version: Its version.
        licence: What its metadata says of its licence: an SPDX expression, or a name.
        is_expression: Whether the licence is an SPDX expression.
    """

    name: str
    version: str
    licence: str = ""
    is_expression: bool = False


@dataclass(frozen=True)
class Environment:
    """Where a model was made.

    Attributes:
        python: Version of Python.
        system: Operating system and machine.
        packages: What was installed, sorted by name.
        recorded: When and where this was looked up, in words.
    """

    python: str = ""
    system: str = ""
    packages: tuple[Package, ...] = ()
    recorded: str = ""


@dataclass(frozen=True)
class ModelFacts:
    """Everything that is known of one model.

    Attributes:
        name: Name of the pipeline.
        version: Number of the pushed version; that in the registry for one that was not pushed.
        folder: Where it was pushed to, or where its run has it.
        run_id: The run that pushed or registered it.
        made_at: When that run did so, UTC, ISO 8601.
        is_pushed: Whether the run pushed it.
        registered: Name and number in the registry; empty if it is in none.
        sha256: Hash of its folder, without the signature.
        files: Path in the folder to SHA-256.
        size_bytes: Size of the folder.
        forms: The faster forms of the model beside the SavedModel.
        data: The rows that it was made of.
        training: How it was trained.
        evaluation: What was measured.
        bias: Differences between groups, before and after training.
        conditions: What it was judged by.
        environment: Where it was made.
        code: Name of a node to the fingerprint of its code.
        notes: What could not be read.
    """

    name: str
    version: str
    folder: str
    run_id: str
    made_at: str
    data: Data
    is_pushed: bool = True
    registered: str = ""
    sha256: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int = 0
    forms: tuple[str, ...] = ()
    training: Training = field(default_factory=Training)
    evaluation: Evaluation = field(default_factory=Evaluation)
    bias: tuple[Bias, ...] = ()
    conditions: tuple[Condition, ...] = ()
    environment: Environment = field(default_factory=Environment)
    code: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
