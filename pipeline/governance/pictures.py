"""The pictures of the report for a model's card."""

from pipeline.governance.facts import ReadModel
from pipeline.report.charts.confusion import confusion_matrix
from pipeline.report.charts.data_and_training import class_bars, learning_curve
from pipeline.report.charts.evaluation import forest
from pipeline.report.pages.rendering import style
from pipeline.report.sections.evaluation import Evaluation

_STYLES = ("style.css", "dark.css")


def card_pictures(model: ReadModel) -> dict[str, str]:
    """Draw the pictures that a card has places for.

    Args:
        model: The model.

    Returns:
        Name of a place to SVG.
    """
    found: dict[str, str] = {}
    if model.data and model.data.class_counts:
        found["classes"] = str(class_bars(model.data.classes, model.data.class_counts))
    if model.training and model.training.epochs:
        numbers = [epoch.number for epoch in model.training.epochs]
        found["learning"] = str(
            learning_curve(numbers, model.training.accuracy, "Accuracy", model.training.best_epoch)
        )
    return found | (_evaluation_pictures(model.evaluation) if model.evaluation else {})


def _evaluation_pictures(evaluation: Evaluation) -> dict[str, str]:
    found: dict[str, str] = {}
    if evaluation.confusion:
        names = [group.name for group in evaluation.by_class]
        found["confusion"] = str(confusion_matrix(names, evaluation.confusion))
    overall = evaluation.overall.get(evaluation.metric)
    for column in evaluation.slice_columns:
        groups = [group for group in evaluation.slices if group.column == column]
        found[f"slices:{column}"] = str(forest(groups, evaluation.metric, overall))
    return found


def card_style() -> str:
    """Return the style sheet of the report, which the pictures need."""
    return str(style(*_STYLES))
