import math
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from pipeline.metadata.estimates import Estimate, MetricGroup
from pipeline.report.charts.confusion import confusion_matrix, top_confusions
from pipeline.report.charts.data_and_training import class_bars, learning_curve, length_histogram
from pipeline.report.charts.evaluation import forest, reliability, threshold_gauge
from tests.pipeline.report.sample import data_section, evaluation_section

NAN = math.nan


def elements(markup: Markup, css: str) -> list[ET.Element]:
    """The chart's elements of a class; fails if the chart is not well-formed."""
    root = ET.fromstring(markup)  # noqa: S314 - our own markup
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert "nan" not in markup.lower()
    return [element for element in root.iter() if element.get("class") == css]


def test_class_bars_have_one_bar_per_class_and_split() -> None:
    data = data_section()
    markup = class_bars(data.classes, data.class_counts)
    assert len(elements(markup, "series-0")) == 3
    assert len(elements(markup, "series-2")) == 3
    assert "train: 810 rows, 33.8 %" in markup  # 810 of 2400


def test_the_bars_of_the_largest_classes_only() -> None:
    names = [f"c{i}" for i in range(30)]
    markup = class_bars(names, {"train": range(30), "eval": range(30)})
    assert len(elements(markup, "series-0")) == 20
    assert "c29</text>" in markup
    assert "c9</text>" not in markup


def test_the_histogram_has_a_bar_per_bin() -> None:
    lengths = data_section().lengths
    assert lengths is not None
    markup = length_histogram(lengths)
    assert len(elements(markup, "series-0")) == len(lengths.counts)
    assert "27 to 34 tokens: 510 rows" in markup
    assert "median 33" in markup


def test_a_learning_curve_leaves_unknown_figures_out() -> None:
    curves = {"train": [0.5, 0.6], "eval": [NAN, 0.55]}
    markup = learning_curve([1, 2], curves, "Accuracy", 2)
    assert len(elements(markup, "series-0")) == 2
    assert len(elements(markup, "series-1")) == 1
    assert "eval, epoch 2: 0.550" in markup


def test_one_epoch_without_any_figure_can_be_drawn() -> None:
    assert not elements(learning_curve([1], {"train": [NAN]}, "Accuracy"), "series-0")


@pytest.mark.parametrize(
    ("count", "numbers", "names"), [(3, True, True), (12, False, True), (40, False, False)]
)
def test_the_confusion_matrix_says_less_with_more_classes(
    count: int, numbers: bool, names: bool
) -> None:
    classes = [f"k{i}" for i in range(count)]
    confusion = [[7 if i == j else 1 for j in range(count)] for i in range(count)]
    markup = confusion_matrix(classes, confusion)
    assert len(elements(markup, "cell-good")) == count
    assert len(elements(markup, "cell-bad")) == count * (count - 1)
    assert (">7</text>" in markup) == numbers
    assert (">k0</text>" in markup) == names


def test_top_confusions_are_sorted_and_leave_zeros_out() -> None:
    assert top_confusions(["a", "b"], [[8, 2], [0, 5]]) == [("a", "b", 2, 0.2)]
    found = top_confusions(["a", "b", "c"], [[0, 1, 2], [4, 0, 0], [3, 0, 0]], limit=2)
    assert [entry[2] for entry in found] == [4, 3]


def test_the_forest_leaves_groups_without_the_metric_out() -> None:
    groups = [
        MetricGroup("known", 9, {"accuracy": Estimate(0.5, 0.4, 0.6)}),
        MetricGroup("no interval", 1, {"accuracy": Estimate(1.0)}),
        MetricGroup("no value", 0, {"accuracy": Estimate(NAN)}),
        MetricGroup("other metric", 5, {"auc": Estimate(0.5)}),
    ]
    markup = forest(groups, "accuracy", Estimate(0.7))
    assert len(elements(markup, "series-0")) == 2
    assert len(elements(markup, "whisker")) == 1


def test_reliability_has_a_dot_per_bin() -> None:
    bins = evaluation_section().calibration
    assert len(elements(reliability(bins), "series-0")) == len(bins)


@pytest.mark.parametrize(("value", "css"), [(0.8, "good"), (0.7, "bad")])
def test_the_gauge_shows_on_which_side_of_the_threshold_the_model_is(
    value: float, css: str
) -> None:
    markup = threshold_gauge("accuracy", Estimate(value), 0.75, 0.8129)
    assert len(elements(markup, css)) == 1
    assert "threshold 0.75" in markup


def test_the_gauge_has_the_digits_that_tell_the_value_from_the_threshold() -> None:
    markup = threshold_gauge("accuracy", Estimate(0.59996), 0.6, None)
    assert "Accuracy 0.59996, threshold 0.6" in markup
    assert elements(markup, "bad")


def test_the_gauge_can_be_drawn_without_a_value() -> None:
    assert not elements(threshold_gauge("accuracy", Estimate(NAN), 0.75, NAN), "good")
