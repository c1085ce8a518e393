"""A made-up run: 14 nodes, three classes, eight slices, two epochs, three trials."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bert_aas.preparation.summary import (
    ChangedExample,
    DroppedExample,
    LabelErrorExample,
    LabelErrors,
    SplitCounts,
)
from pipeline.metadata.estimates import CalibrationBin, Estimate, MetricGroup
from pipeline.report.data import ReportData
from pipeline.report.overview import GraphNode, RunOverview
from pipeline.report.reading.columns import FeatureSummary
from pipeline.report.reading.lengths import LengthDistribution
from pipeline.report.sections.anomalies import Anomalies, AnomalyRow
from pipeline.report.sections.data import Data, SplitRows
from pipeline.report.sections.evaluation import Evaluation
from pipeline.report.sections.features import Features
from pipeline.report.sections.lineage import (
    ChangedParameter,
    Lineage,
    LineageArtifact,
    LineageNode,
)
from pipeline.report.sections.optimizer import VariantRow, Variants
from pipeline.report.sections.preparation import ChangedBy, DroppedFor, Preparation
from pipeline.report.sections.schema import SchemaRow
from pipeline.report.sections.training import Epoch, Training
from pipeline.report.sections.tuner import Trials
from pipeline.report.sections.verdict import Check, Verdict

CLASSES = ("-1", "0", "1")
SLICES = ("Audio", "Books", "Garden", "Kitchen", "Outdoor", "Pets", "Toys", "Watches")

EDGES: dict[str, tuple[str, ...]] = {
    "ExampleGen": (),
    "StatisticsGen": ("ExampleGen",),
    "SchemaGen": ("StatisticsGen",),
    "ExampleValidator": ("SchemaGen", "StatisticsGen"),
    "Transform": ("ExampleGen", "ExampleValidator", "SchemaGen"),
    "Tuner": ("Transform",),
    "Trainer": ("Transform", "Tuner"),
    "Optimizer": ("Trainer", "Transform"),
    "Resolver": ("Optimizer",),
    "Evaluator": ("ExampleGen", "Optimizer", "Resolver"),
    "InfraValidator": ("Evaluator", "ExampleGen", "Optimizer"),
    "Pusher": ("Evaluator", "InfraValidator", "Optimizer"),
    "BulkInferrer": ("ExampleGen", "Evaluator", "Trainer"),
    "ModelCard": ("Evaluator", "Trainer"),
}


def graph(failed: str | None = None) -> tuple[GraphNode, ...]:
    """The first two nodes are cached; those after a failed one are skipped."""
    nodes: list[GraphNode] = []
    state = "cached"
    for place, (name, upstream) in enumerate(EDGES.items()):
        if place == 2:
            state = "executed"
        if nodes and nodes[-1].state == "failed":
            state = "skipped"
        if name == failed:
            state = "failed"
        seconds = 0.0 if state == "skipped" else 0.06 if state == "cached" else 7.3 * place
        nodes.append(GraphNode(name, state, seconds, upstream))
    return tuple(nodes)


def data_section() -> Data:
    return Data(
        source="data/product_reviews.csv",
        rejected=2,
        splits=(
            SplitRows("train", 2400, (810, 760, 830), 182.4),
            SplitRows("eval", 300, (101, 97, 102), 179.0),
            SplitRows("test", 310, (99, 104, 107), 185.2),
        ),
        classes=CLASSES,
        features=(
            FeatureSummary(
                "review_body", "text", 0.004, 2290, "mean length 182 bytes", estimated=True
            ),
            FeatureSummary("product_category", "category", 0.0, 8, "Audio 14 %, Books 13 %, …"),
            FeatureSummary("rating", "number", 0.021, None, "1 to 5, mean 3.12"),
        ),
        split_by="By the hash of the text.",
        lengths=LengthDistribution(
            edges=(3, 11, 19, 27, 35, 43, 51, 59, 67, 75, 83, 91, 97),
            counts=(60, 180, 420, 510, 430, 300, 200, 120, 80, 50, 30, 20),
            mean=36.2,
            median=33.0,
            p95=76.0,
            longest=96,
            limit=96,
            at_limit=0.004,
            rows=2400,
        ),
    )


def preparation_section() -> Preparation:
    stars = ("1", "2", "3", "4", "5")
    return Preparation(
        splits={
            "train": SplitCounts(read=2500, kept=2280, dropped=220, copies=120),
            "eval": SplitCounts(read=306, kept=300, dropped=6),
            "test": SplitCounts(read=310, kept=310, dropped=0),
        },
        dropped=(
            DroppedFor(
                "equal text (duplicates)",
                {"train": 220, "eval": 6},
                (DroppedExample(split="eval", key="r17", label="-1", text="The straps broke."),),
            ),
        ),
        changed=(
            ChangedBy(
                "HTML tags and entities",
                41,
                (ChangedExample(key="r3", before="<b>So</b> good", after="So good"),),
            ),
            ChangedBy(
                "e-mail addresses marked",
                2,
                (ChangedExample(key="r5", before=None, after="Write to [EMAIL]"),),
            ),
        ),
        classes_before=stars,
        before={"train": (400, 410, 790, 450, 450), "eval": (50, 51, 97, 54, 54)},
        classes_after=CLASSES,
        after={"train": (800, 800, 800), "eval": (100, 96, 104)},
        file="output/demo/Preparer/examples/2/prepared/dropped.parquet",
        label_errors=LabelErrors(
            rows=14,
            dropped=False,
            examples=(
                LabelErrorExample(
                    key="r88", given="-1", suggested="1", score=0.012, text="Love it, so warm."
                ),
                LabelErrorExample(
                    key="r12", given="1", suggested="0", score=0.093, text="It is all right."
                ),
            ),
        ),
        label_errors_file="output/demo/Preparer/examples/2/prepared/label_errors.csv",
    )


def evaluation_section() -> Evaluation:
    def metrics(base: float, wide: float) -> dict[str, Estimate]:
        return {
            name: Estimate(base - shift, base - shift - wide, base - shift + wide)
            for name, shift in (("accuracy", 0.0), ("macro_f1", 0.011), ("macro_recall", 0.009))
        }

    return Evaluation(
        metric="accuracy",
        overall={
            "accuracy": Estimate(0.8323, 0.79, 0.874),
            "macro_f1": Estimate(0.8291, 0.786, 0.872),
            "macro_precision": Estimate(0.8305, 0.789, 0.873),
            "auc": Estimate(0.945, 0.921, 0.968),
            "balanced_accuracy": Estimate(0.8277, 0.784, 0.871),
            "weighted_precision": Estimate(0.8331, 0.791, 0.875),
            "weighted_f1": Estimate(0.8319, 0.789, 0.874),
            "expected_calibration_error": Estimate(0.031, 0.012, 0.05),
        },
        baseline={"accuracy": 0.8129, "macro_f1": 0.81},
        by_class=tuple(
            MetricGroup(
                name,
                rows,
                {
                    m: Estimate(v, v - 0.05, v + 0.04)
                    for m, v in (
                        ("precision", value),
                        ("recall", value - 0.02),
                        ("f1", value - 0.01),
                        ("auc", 0.95),
                    )
                },
            )
            for name, rows, value in zip(CLASSES, (99, 104, 107), (0.86, 0.77, 0.88), strict=True)
        ),
        slices=tuple(
            MetricGroup(
                name, 30 + 3 * i, metrics(0.74 + 0.025 * i, 0.13 - 0.008 * i), "product_category"
            )
            for i, name in enumerate(SLICES)
        ),
        confusion=((84, 12, 3), (10, 79, 15), (2, 10, 95)),
        calibration=tuple(
            CalibrationBin(rows, confidence, Estimate(accuracy, accuracy - 0.1, accuracy + 0.08))
            for rows, confidence, accuracy in (
                (12, 0.45, 0.5),
                (25, 0.56, 0.52),
                (33, 0.66, 0.7),
                (48, 0.76, 0.73),
                (72, 0.86, 0.85),
                (120, 0.95, 0.93),
            )
        ),
        rows=310,
    )


def verdict_section() -> Verdict:
    return Verdict(
        checks=(
            Check("Blessing by the metrics", True, "blessed: accuracy 0.8323 reaches 0.75"),
            Check("Test in a model server", True, "8 rows were answered by python"),
            Check("Push", True, "pushed to output/demo/serving_model/1700000000"),
        ),
        metric="accuracy",
        threshold=0.75,
        max_drop=0.01,
        value=Estimate(0.8323, 0.79, 0.874),
        baseline=0.8129,
    )


def lineage_section() -> Lineage:
    model = LineageArtifact(13, "Model", "artifacts/Trainer/model/7")
    return Lineage(
        facts=(
            ("Run", "20260131-120000-3fa9"),
            ("Data", "data/product_reviews.csv"),
            ("Content of the data", "5b" * 32),
            ("Encoder", "minilm"),
            ("Content of the encoder", "c3" * 32),
            ("Code of Trainer", "4186c7fbd27da643"),
        ),
        parameters=(
            ChangedParameter("data.path", "data/product_reviews.csv", None, required=True),
            ChangedParameter("train.epochs", 2, 3),
            ChangedParameter("evaluate.slices", ("product_category",), ()),
        ),
        nodes=(
            LineageNode(
                "ExampleGen",
                "cached",
                (),
                (LineageArtifact(1, "Examples", "artifacts/ExampleGen/examples/1"),),
            ),
            LineageNode(
                "Trainer",
                "executed",
                (1,),
                (model, LineageArtifact(14, "ModelRun", "artifacts/Trainer/model_run/7")),
            ),
            LineageNode("Resolver", "cached", (13,), ()),
        ),
        model=model,
    )


def full_report() -> ReportData:
    """A run in which everything went well."""
    return ReportData(
        run=RunOverview(
            name="demo",
            run_id="20260131-120000-3fa9",
            started=datetime(2026, 1, 31, 12, 0),
            status="succeeded",
            pushed_model="output/demo/serving_model/1700000000",
        ),
        graph=graph(),
        sections={
            "graph": graph(),
            "verdict": verdict_section(),
            "lineage": lineage_section(),
            "environment": (("Python", "3.10.14"), ("tensorflow", "2.16.2"), ("tfx", "1.16.0")),
            "data": data_section(),
            "schema": (
                SchemaRow("review_body", "string", required=False, values=""),
                SchemaRow("product_category", "string", required=True, values=", ".join(SLICES)),
            ),
            "anomalies": Anomalies(
                (
                    AnomalyRow(
                        "eval", "rating", "UNEXPECTED_DATA_TYPE", "Expected INT, got FLOAT", False
                    ),
                ),
                ("SCHEMA_MISSING_COLUMN",),
            ),
            "training": Training(
                (
                    Epoch(1, 0.812, 0.641, 0.561, 0.784, 92.4),
                    Epoch(2, 0.451, 0.829, 0.472, 0.8212, 95.1),
                ),
                2,
                {"epochs": 2, "batch_size": 32, "learning_rate": 1e-4, "class_weights": "none"},
                "bfloat16",
            ),
            "tuner": Trials(
                ("trial_id", "score", "learning_rate", "dropout"),
                (
                    {"trial_id": "1", "score": 0.8312, "learning_rate": 9.1e-5, "dropout": 0.12},
                    {"trial_id": "0", "score": 0.8104, "learning_rate": 2.2e-4, "dropout": 0.0},
                    {"trial_id": "2", "score": 0.7931, "learning_rate": 2.1e-5, "dropout": 0.29},
                ),
            ),
            "optimizer": Variants(
                900,
                0.8211,
                "A CPU with AMX",
                (
                    VariantRow(
                        "bf16", True, "as good as the SavedModel", 4.53, 5.02, 0.8207, 0.9978
                    ),
                    VariantRow("f32", False, "it is 0.97 times as fast", 1.31, 0.97, 0.8211, 1.0),
                ),
            ),
            "evaluation": evaluation_section(),
            "preparation": preparation_section(),
            "features": Features(
                "demo", 1, 3010, "feature_groups", {"row_key": "string", "input_ids": "list<int32>"}
            ),
        },
    )


def stopped_report() -> ReportData:
    """A run that stopped at the ExampleValidator."""
    nodes = graph("ExampleValidator")
    return ReportData(
        run=RunOverview(
            name="demo",
            run_id="by-hand",
            status="failed",
            error="the data does not fit the schema: feature rating of split eval",
            failed_node="ExampleValidator",
        ),
        graph=nodes,
        sections={
            "graph": nodes,
            "verdict": Verdict(
                tuple(
                    Check(
                        name,
                        None,
                        f"{node} did not run, because the run stopped at ExampleValidator.",
                    )
                    for name, node in (("Blessing by the metrics", "Evaluator"), ("Push", "Pusher"))
                ),
                "accuracy",
                0.75,
                0.01,
            ),
            "lineage": Lineage((("Run", "by-hand"),), (), ()),
            "environment": (("Python", "3.10.14"),),
            "data": Data("reviews.csv", 0, (SplitRows("train", 10),)),
            **dict.fromkeys(("evaluation", "training", "schema", "anomalies")),
        },
        notes={
            section: f"{node} did not run, because the run stopped at ExampleValidator."
            for section, node in (
                ("training", "Trainer"),
                ("evaluation", "Evaluator"),
                ("lengths", "Transform"),
            )
        }
        | {"anomalies": "ExampleValidator failed and left nothing to show here."},
    )


def changed(report: ReportData, **sections: Any) -> ReportData:
    """The report with other sections in place of its own."""
    return replace(report, sections=dict(report.sections) | sections)
