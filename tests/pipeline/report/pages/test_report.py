import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bert_aas.preparation.summary import LabelErrors
from pipeline.report import write_report
from pipeline.report.data import ReportData
from pipeline.report.pages.report import render_report
from pipeline.report.sections import data, evaluation, lineage, preparation, verdict
from pipeline.report.sections.lineage import LineageArtifact
from pipeline.report.sections.optimizer import VariantRow, Variants
from tests.pipeline.report.sample import changed, full_report, stopped_report

NASTY = '<b>&"'
VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """Collects headings, ids, links and what does not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        self.ids += [str(values["id"])] if "id" in values else []
        self.hrefs += [
            str(values[name]) for name in ("href", "src", "xlink:href") if name in values
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def full() -> str:
    return render_report(full_report())


@pytest.mark.parametrize(
    "section",
    [
        "graph",
        "blessing",
        "evaluation",
        "training",
        "tuner",
        "optimizer",
        "data",
        "schema",
        "anomalies",
        "lineage",
        "environment",
    ],
)
def test_every_section_is_there(full: str, section: str) -> None:
    assert section in outline(full).ids
    assert f'href="#{section}"' in full


@pytest.mark.parametrize(
    "figure",
    [
        "0.832",  # accuracy
        "0.790\N{EN DASH}0.874",  # its interval
        "0.813",  # the baseline
        "0.828 0.784\N{EN DASH}0.871",  # balanced accuracy
        "Each class alike",
        "By the hash of the text.",
        "Watches",  # a slice
        "blessed: accuracy 0.8323 reaches 0.75",
        "8 rows were answered by python",
        "output/demo/serving_model/1700000000",
        "9.1e-5",  # a trial
        "may be missing",  # a column of the schema
        "UNEXPECTED_DATA_TYPE",
        "Expected INT, got FLOAT",
        "2,400",  # rows of the train split
        "about 2,290",  # different texts, estimated
        "5b" * 32,  # fingerprint of the data
        "4186c7fbd27da643",  # fingerprint of the code
        "train.epochs",
        "artifacts/Trainer/model/7",
        "2.16.2",  # TensorFlow
        "31 January 2026, 12:00",
    ],
)
def test_what_the_report_says(full: str, figure: str) -> None:
    assert figure in outline(full).text


def test_every_chart_has_a_label(full: str) -> None:
    charts = re.findall(r"<svg[^>]*>", full)
    assert len(charts) == 11
    assert all('role="img"' in chart and 'aria-label="' in chart for chart in charts)


@pytest.mark.parametrize("report", [full_report(), stopped_report()], ids=["full", "stopped"])
def test_the_file_is_well_formed_and_needs_nothing_else(report: ReportData) -> None:
    html = render_report(report)
    found = outline(html)
    assert not found.wrong
    assert not found.open
    assert len(found.ids) == len(set(found.ids))
    assert "script" not in found.tags
    assert all(href.startswith("#") or href == "data:," for href in found.hrefs)
    assert not re.search(r"url\(|@import|https?://", html)


def test_links_lead_somewhere(full: str) -> None:
    found = outline(full)
    assert {href[1:] for href in found.hrefs if href.startswith("#")} <= set(found.ids)


def test_whatever_comes_from_the_data_is_escaped() -> None:
    report = full_report()
    rows, metrics = report.value(data.SECTION), report.value(evaluation.SECTION)
    origin = report.value(lineage.SECTION)
    assert rows
    assert metrics
    assert origin
    nasty = dataclasses.replace(
        changed(
            report,
            data=dataclasses.replace(rows, classes=(NASTY, "0", "1"), source=NASTY),
            evaluation=dataclasses.replace(
                metrics,
                by_class=tuple(
                    dataclasses.replace(group, name=NASTY) for group in metrics.by_class
                ),
                slices=tuple(
                    dataclasses.replace(group, name=NASTY, column=NASTY) for group in metrics.slices
                ),
            ),
            lineage=dataclasses.replace(
                origin, facts=((NASTY, NASTY),), model=LineageArtifact(13, NASTY, NASTY)
            ),
        ),
        run=dataclasses.replace(report.run, name=NASTY, run_id=NASTY, pushed_model=NASTY),
        notes={"training": NASTY},
    )
    html = render_report(nasty)
    assert "<b>&" not in html
    assert outline(html).text.count(NASTY) > 15
    assert not outline(html).wrong


def test_a_stopped_run_says_where_and_why_and_shows_what_exists() -> None:
    text = outline(render_report(stopped_report())).text
    assert "Stopped at ExampleValidator" in text
    assert "feature rating of split eval" in text
    assert "Trainer did not run, because the run stopped at ExampleValidator." in text
    assert "reviews.csv" in text
    assert "not reached" in text


def test_nothing_at_all_but_a_run_id_can_be_rendered() -> None:
    report = stopped_report()
    bare = dataclasses.replace(
        report,
        graph=(),
        sections={},
        notes={},
        run=dataclasses.replace(report.run, error=None, failed_node=None),
    )
    assert "The log of the run says why." in outline(render_report(bare)).text


def test_a_model_that_is_not_blessed_gives_the_reason_first() -> None:
    report = full_report()
    gates = report.value(verdict.SECTION)
    assert gates
    checks = tuple(
        dataclasses.replace(check, passed=passed, reason=reason)
        for check, passed, reason in zip(
            gates.checks,
            (False, True, False),
            ("not blessed: accuracy is below 0.999", "8 rows", "nothing was pushed"),
            strict=True,
        )
    )
    html = render_report(
        dataclasses.replace(
            changed(report, verdict=dataclasses.replace(gates, checks=checks)),
            run=dataclasses.replace(report.run, status="not_blessed", pushed_model=None),
        )
    )
    assert "Not blessed: accuracy is below 0.999. The last pushed model" in outline(html).text


def test_long_values_are_cut_and_kept_in_a_title() -> None:
    report = full_report()
    long = "x" * 300
    rows = report.value(data.SECTION)
    assert rows
    feature = dataclasses.replace(rows.features[0], summary=long)
    html = render_report(changed(report, data=dataclasses.replace(rows, features=(feature,))))
    assert f'title="{long}"' in html
    assert long not in outline(html).text


def test_many_classes_have_a_table_of_confusions() -> None:
    report = full_report()
    metrics = report.value(evaluation.SECTION)
    assert metrics
    names = [f"kind {i}" for i in range(12)]
    many = dataclasses.replace(
        metrics,
        by_class=tuple(dataclasses.replace(metrics.by_class[0], name=n) for n in names),
        confusion=tuple(tuple(9 if i == j else i for j in range(12)) for i in range(12)),
    )
    text = outline(render_report(changed(report, evaluation=many))).text
    assert "Most frequent confusions" in text
    assert "Most frequent confusions" not in outline(render_report(report)).text


def test_without_a_tuner_there_is_no_tuner_section() -> None:
    assert "tuner" not in outline(render_report(stopped_report())).ids


def test_what_was_dropped_and_changed(full: str) -> None:
    text = outline(full).text
    assert "the 3,116 rows that ExampleGen read" in text
    assert "equal text (duplicates)" in text
    assert "The straps broke." in text
    assert "HTML tags and entities" in text
    assert "<b>So</b> good" in text  # shown as text
    assert "(personal data)" in text
    assert "prepared/dropped.parquet" in text
    assert "14 rows of the train split, kept." in text
    assert "Love it, so warm." in text
    assert "prepared/label_errors.csv" in text
    assert "holds no review texts but the examples under Preparation." in text


def test_without_examples_there_are_no_texts() -> None:
    report = full_report()
    shown = report.value(preparation.SECTION)
    assert shown
    hidden = dataclasses.replace(
        shown,
        dropped=tuple(dataclasses.replace(each, examples=()) for each in shown.dropped),
        changed=tuple(dataclasses.replace(each, examples=()) for each in shown.changed),
        label_errors=LabelErrors(rows=14, dropped=True),
    )
    text = outline(render_report(changed(report, preparation=hidden))).text
    assert "Some dropped rows" not in text
    assert "Some changed rows" not in text
    assert "holds no review texts." in text


def test_variants_of_the_model(full: str) -> None:
    text = " ".join(re.sub("<[^>]+>", " ", full).split())
    text = text.translate({ord("\N{MULTIPLICATION SIGN}"): "x", ord("\N{EN DASH}"): "-"})
    assert "tried on A CPU with AMX and compared with the SavedModel on 900 rows" in text
    assert "SavedModel 1.00 x 1.00 x 0.821 - the reference" in text
    assert "bf16 first choice 4.53 x 5.02 x 0.821 99.78 % as good as the SavedModel" in text
    assert "f32 1.31 x 0.97 x 0.821 100.00 % it is 0.97 times as fast" in text


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ((), "It cannot be converted."),
        (
            (VariantRow("f32", False, "it is 0.97 times as fast", 1.3, 0.97, 0.8, 1.0),),
            "none was kept, so the SavedModel itself is served",
        ),
    ],
    ids=["not converted", "none kept"],
)
def test_a_model_without_a_faster_form(variants: tuple[VariantRow, ...], said: str) -> None:
    section = Variants(9, 0.8, "A CPU", variants, "it cannot be converted")
    text = outline(render_report(changed(full_report(), optimizer=section))).text
    assert said in text


def test_without_an_optimizer_there_is_no_section_of_it() -> None:
    assert "optimizer" not in outline(render_report(stopped_report())).ids


def test_the_report_is_written_aside_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_report(stopped_report(), path)
    write_report(full_report(), path)
    assert "Pushed" in path.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_a_verdict_that_cannot_be_read_does_not_hide_the_status() -> None:
    report = changed(full_report(), verdict=None)
    html = render_report(
        dataclasses.replace(report, run=dataclasses.replace(report.run, status="not_blessed"))
    )
    assert "The model did not pass every gate." in outline(html).text
