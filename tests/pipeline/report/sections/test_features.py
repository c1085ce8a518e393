import json
from pathlib import Path

from pipeline.report.pages.fragment import show_section
from pipeline.report.sections.features import SECTION, read_features
from tests.pipeline.report.sample import changed, full_report

WRITTEN = {
    "group": "demo",
    "version": 2,
    "rows": 12345,
    "is_new": False,
    "store": "/data/feature_groups",
    "columns": {"row_key": "string", "<b>": "list<int32>"},
}


def test_what_was_written_is_shown_with_the_way_to_it(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text(json.dumps(WRITTEN), encoding="utf-8")

    report = changed(full_report(), features=read_features(str(file)))

    body = show_section(SECTION, report).body
    assert "12,345 rows" in body
    assert "version 2" in body
    assert "<code>/data/feature_groups</code>" in body
    assert "FROM features.demo " in body
    assert "data.path=features://demo" in body
    assert "&lt;b&gt;" in body
    assert "<code>list&lt;int32&gt;</code>" in body
