from bert_aas.preparation.quality.findings import Finding
from pipeline.report.pages.quality import draw_quality
from tests.bert_aas.preparation.quality.test_report import lengths, reported
from tests.pipeline.report.pages.test_report import outline


def test_the_page_shows_all_there_is() -> None:
    found = Finding(name="html", rows=2, examples=("f.csv:7", "f.csv:9"))
    report = reported(findings=(found,), lengths=lengths(150, 3), notices=("read as cp1252",))
    text = outline(draw_quality(report).page()).text
    for said in ("HTML tags or entities", "f.csv:7; f.csv:9", "1.0 %", "read as cp1252", "50.0 %"):
        assert said in text
    assert "clean:\n  - html" in text
    assert "max_seq_length: 160" in text


def test_the_page_says_why_a_run_would_refuse() -> None:
    text = outline(draw_quality(reported(refusal="all rows have one label")).page()).text
    assert "A run would refuse these data: all rows have one label" in text
    assert "Nothing to object to." in text


def test_names_from_the_data_are_escaped() -> None:
    page = draw_quality(reported(classes={"<b>": 3, "y": 2}, label_column="<i>")).page()
    assert "<b>" not in page
    assert "<i>" not in page
