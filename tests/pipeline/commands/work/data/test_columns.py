from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.params import DataParams
from components.example_gen.reading.sources import find_files
from pipeline.commands.work.data.columns import find_columns, first_rows, personal_columns
from tests.components.example_gen.tables import reviews, write_table

ROWS = [{"id": "1", "body of it": "It fits well.", "Sentiment": "good", "mail": "a@example.com"}]


@pytest.mark.parametrize(
    ("row", "named", "expected"),
    [
        ({"text": "a", "label": "b", "notes": "a long note"}, (None, None), ("text", "label")),
        ({"id": "1", "notes": "a long note", "Rating": 5}, (None, None), ("notes", "Rating")),
        ({"Review": "a", "stars": 1, "note": "long"}, (None, None), ("Review", "stars")),
        ({"text": "a", "label": "b", "notes": "c"}, ("notes", None), ("notes", "label")),
        ({"text": "a", "label": "b", "notes": "c"}, (None, "notes"), ("text", "notes")),
        ({"text": "a", "label": "b"}, ("label", "text"), ("label", "text")),
        ({"category": "a long one", "label": "b"}, (None, None), ("category", "label")),
    ],
)
def test_columns_are_found_by_name_or_length(
    row: dict[str, str | int], named: tuple[str | None, str | None], expected: tuple[str, str]
) -> None:
    assert find_columns([row], *named, "'f.csv'") == expected


def test_a_table_without_a_usual_label_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        find_columns([{"text": "a", "kind": "b"}], None, None, "data.path: 'f.csv'")
    assert str(caught.value) == (
        "data.path: 'f.csv' has no column with a usual name for the labels; name it with "
        "--label-column: its columns are 'text', 'kind'."
    )


@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet"])
def test_the_first_rows_of_every_format_are_read(tmp_path: Path, file_format: str) -> None:
    path = write_table(tmp_path, file_format, reviews(30))
    [source] = find_files(DataParams(path=str(path)))
    rows = first_rows(source)
    assert len(rows) == 30
    assert find_columns(rows, None, None, source.called) == ("text", "label")


def test_folders_add_their_columns(tmp_path: Path) -> None:
    (tmp_path / "stars=5").mkdir()
    (tmp_path / "stars=5" / "a.csv").write_text("review\nIt fits.\n")
    [source] = find_files(DataParams(path=str(tmp_path)))
    assert find_columns(first_rows(source), None, None, source.called) == ("review", "stars")


def test_columns_with_addresses_are_personal() -> None:
    rows = [
        {"text": "a@example.com", "mail": None if row else "a@example.com", "note": "none"}
        for row in range(10)
    ]
    assert personal_columns(rows, ("text", "label")) == ("mail",)
    assert personal_columns([*rows, *[{"mail": "none"}] * 10], ("text",)) == ()
