from pathlib import Path

from tools.configuration_table import BEGIN, END, fields, table

ROOT = Path(__file__).resolve().parents[2]


def test_page_has_the_fields_as_the_code_has_them() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    found = page.partition(BEGIN)[2].partition(END)[0].strip()

    assert found == table().strip(), "run tools/configuration_table.py"


def test_table_reaches_nested_fields() -> None:
    defaults = {name: default for name, default, _ in fields()}

    assert defaults["data.path"] == "required"
    assert defaults["data.splits.train"] == "`0.8`"
    assert defaults["validate.schema_path"] == "`null`"
