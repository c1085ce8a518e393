"""The facts of a small model."""

from bert_aas.cards.facts import (
    Bias,
    BiasRow,
    Condition,
    Data,
    Environment,
    Evaluation,
    Figure,
    Group,
    ModelFacts,
    Package,
    Training,
)
from bert_aas.cards.human import CardParams

PACKAGES = (
    Package("numpy", "1.26.4+local", "BSD-3-Clause AND 0BSD", is_expression=True),
    Package("odd-one", "0.1", "see the file LICENSE"),
    Package("unknown-one", "2"),
)


def facts() -> ModelFacts:
    """A model of two classes that was measured by class and by shop."""
    overall = {"accuracy": Figure(0.8, 0.7, 0.9), "macro_f1": Figure(0.75)}
    classes = (
        Group("no", 4, {"precision": Figure(0.5, 0.25, 0.75), "recall": Figure(1.0)}),
        Group("yes", 6, {"precision": Figure(1.0), "recall": Figure(0.5)}),
    )
    return ModelFacts(
        name="toy",
        version="7",
        folder="/served/7",
        run_id="20260131-120000-3fa9",
        made_at="2026-01-31T12:05:00+00:00",
        sha256="a" * 64,
        files={"saved_model.pb": "b" * 64, "variables/data": "c" * 64},
        size_bytes=12_345_678,
        forms=("f32",),
        data=Data(
            source="/data/rows.csv",
            sha256="d" * 64,
            text_columns=("text",),
            label_column="label",
            splits={"train": 80, "test": 10},
            classes=("no", "yes"),
            class_counts={"train": (30, 50), "test": (4, 6)},
            split_by="By the hash of the text.",
            schema=(("text", "string", "any"), ("label", "string", "no, yes")),
        ),
        training=Training(
            encoder="minilm",
            encoder_sha256="e" * 64,
            hyperparameters={"epochs": 2, "learning_rate": 2e-4},
            parameters={"train.epochs": 2, "evaluate.slices": ["shop"]},
            epochs=({"epoch": 1.0, "loss": 0.7}, {"epoch": 2.0, "loss": 0.5}),
            best_epoch=2,
            precision="bfloat16",
        ),
        evaluation=Evaluation(
            metric="accuracy",
            rows=10,
            overall=overall,
            baseline={"accuracy": 0.6},
            classes=classes,
            slices=(Group("north", 10, overall, "shop"),),
            confusion=((4, 0), (3, 3)),
            verdict="blessed: accuracy 0.8 reaches the threshold 0.7",
        ),
        bias=(
            Bias(
                "before training",
                "No group differs.",
                (BiasRow("shop", "north", "yes", 40, {"DPL": Figure(0.1, -0.1, 0.3)}),),
            ),
        ),
        conditions=(Condition("good enough", "passed", "accuracy is 0.8, at least 0.7"),),
        environment=Environment("3.10.13", "Linux x86_64", PACKAGES, "here"),
        code={"Trainer": "0123456789abcdef"},
    )


def human() -> CardParams:
    """What somebody said of it."""
    return CardParams(
        title="Toy reviews",
        intended_use="sorting reviews",
        owner="Reviews team",
        licence="Apache-2.0",
        languages=("en", "de"),
        risk="Low",
    )
