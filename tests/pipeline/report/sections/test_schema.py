from pathlib import Path

import pytest

from pipeline.report.sections.schema import read_schema
from tests.pipeline.report.artifacts import config

SCHEMA = """
feature { name: "body" type: BYTES domain: "body" presence { min_count: 1 } }
feature { name: "stars" type: INT presence { min_fraction: 1.0 } int_domain { min: 1 max: 5 } }
feature { name: "weight" type: FLOAT float_domain { min: 0.5 } }
feature { name: "shop" type: BYTES domain: "shop" }
feature { name: "size" type: BYTES string_domain { value: "S" value: "L" } }
feature { name: "note" type: BYTES domain: "note" }
string_domain { name: "body" value: "good" }
string_domain { name: "shop" %s }
string_domain { name: "note" value: "short" value: "a note that somebody wrote about the parcel" }
"""


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, tuple[str, bool, str]]:
    shops = " ".join(f'value: "shop {number}"' for number in range(14))
    (tmp_path / "schema.pbtxt").write_text(SCHEMA % shops)
    found = read_schema(str(tmp_path), config(tmp_path))
    return {row.name: (row.type, row.required, row.values) for row in found}


def test_every_column_has_type_and_presence(rows: dict[str, tuple[str, bool, str]]) -> None:
    assert list(rows) == ["body", "stars", "weight", "shop", "size", "note"]
    assert rows["stars"][:2] == ("integer", True)
    assert rows["weight"][:2] == ("float", False)
    assert rows["size"][:2] == ("string", False)


def test_ranges_and_values(rows: dict[str, tuple[str, bool, str]]) -> None:
    assert rows["stars"][2] == "whole numbers from 1 to 5"
    assert rows["weight"][2] == "numbers from 0.5"
    assert rows["size"][2] == "S, L"
    assert rows["shop"][2].endswith("shop 10, shop 11 and 2 more")


def test_texts_are_not_quoted(rows: dict[str, tuple[str, bool, str]]) -> None:
    assert not rows["body"][2]
    assert rows["note"][2] == "one of 2 texts, which are not shown"
