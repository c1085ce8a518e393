"""Separators are told by the header; quotes that swallow rows are seen."""

from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.formats.delimited import opened_table, read_delimited
from bert_aas.tables.options import checked_encoding, checked_separator
from bert_aas.tables.sources import ReadOptions, SourceFile
from bert_aas.tables.values import Record

WANTED = ("text", "label")


def source(folder: Path, content: bytes, name: str = "table.csv", **options: Any) -> SourceFile:
    path = folder / name
    path.write_bytes(content)
    form: Any = path.suffix[1:]
    given = ReadOptions(**({"label_column": "label"} | options))
    return SourceFile(str(path), name, form, len(content), options=given)


def read(folder: Path, content: str, name: str = "table.csv", **options: Any) -> list[Record]:
    return list(read_delimited(source(folder, content.encode(), name, **options), WANTED))


@pytest.mark.parametrize("separator", [";", "|", "\t"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_separator_that_gives_the_columns_is_taken(
    tmp_path: Path, separator: str, quote: str
) -> None:
    lines = (("text", "label"), ("good, very; or\tnot|so", "1"), ("bad", "0"))
    shown = [[f'"{field}"' if quote or "," in field else field for field in row] for row in lines]
    content = "\n".join(separator.join(row) for row in shown)
    table = source(tmp_path, content.encode())
    with opened_table(table, WANTED) as opened:
        assert opened.notices == (f"table.csv is read with {separator!r} between its fields",)
        assert [row for _, row in opened.splitter.records()] == [
            {"text": "good, very; or\tnot|so", "label": "1"},
            {"text": "bad", "label": "0"},
        ]


def test_commas_are_tried_in_a_tsv_and_tabs_count_first(tmp_path: Path) -> None:
    assert read(tmp_path, "text,label\na,1\n", "t.tsv") == [(2, {"text": "a", "label": "1"})]
    assert read(tmp_path, "text\tlabel\na,b;c\t1\n", "t.tsv") == [
        (2, {"text": "a,b;c", "label": "1"})
    ]


def test_a_table_with_commas_is_never_read_otherwise(tmp_path: Path) -> None:
    table = source(tmp_path, b"text,label,a;b\nx;y,1,z\n")
    with opened_table(table, WANTED) as opened:
        assert opened.notices == ()
        assert [*opened.splitter.records()] == [(2, {"text": "x;y", "label": "1", "a;b": "z"})]


def test_a_missing_column_is_told_with_the_columns_of_the_right_separator(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no column 'text'; its columns are 'a', 'label'"):
        read(tmp_path, "a;label\nx;1\n")


@pytest.mark.parametrize("given", ["^", "semicolon", ";"])
def test_a_separator_that_is_named_is_taken(tmp_path: Path, given: str) -> None:
    sign = ";" if given == "semicolon" else given
    content = f"text{sign}label\na,b{sign}1\n"
    assert read(tmp_path, content, separator=given) == [(2, {"text": "a,b", "label": "1"})]


@pytest.mark.parametrize("first", ["sep=^", '"sep=^"', "SEP=^\r"])
def test_the_separator_that_excel_is_told_is_taken(tmp_path: Path, first: str) -> None:
    assert read(tmp_path, f"{first}\ntext^label\na,b^1\n") == [(3, {"text": "a,b", "label": "1"})]


def test_a_header_of_values_is_told_to_need_a_header(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="A file without a header line needs one"):
        read(tmp_path, "great shoes,1\nbad shoes,0\n")


def test_a_name_that_differs_by_blanks_or_case_is_pointed_out(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInputError,
        match="Spaces, upper and lower case make a difference: ' Label' is another name",
    ):
        read(tmp_path, "text, Label\na,1\n")


def swallowed_table(separator: str, newline: str = "\n") -> str:
    """Rows 11 to 49 stand between two stray quotes."""
    rows = [["id", "text", "label", "shop"]]
    rows += [[str(n), f"text {n}", str(n % 2), "north"] for n in range(2, 102)]
    rows[9][1] = f'"{rows[9][1]}'
    rows[49][1] = f'{rows[49][1]}"'
    return newline.join(separator.join(row) for row in rows) + newline


@pytest.mark.parametrize(("name", "separator"), [("t.tsv", "\t"), ("t.csv", ","), ("t.csv", ";")])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_quotes_that_swallow_rows_spoil_their_own_rows_only(
    tmp_path: Path, name: str, separator: str, newline: str
) -> None:
    rows = read(tmp_path, swallowed_table(separator, newline), name)
    bad = [(line, content) for line, content in rows if isinstance(content, str)]
    assert len(rows) == 100
    assert [line for line, _ in bad] == [10, 50]
    assert "contains 41 lines that look like rows" in bad[0][1]
    assert "set data.quoting to none" in bad[0][1]


@pytest.mark.parametrize(("name", "separator"), [("t.tsv", "\t"), ("t.csv", ",")])
def test_without_quoting_quotes_are_text(tmp_path: Path, name: str, separator: str) -> None:
    rows = read(tmp_path, swallowed_table(separator), name, quoting="none")
    assert [content for _, content in rows if isinstance(content, str)] == []
    texts = [content["text"] for _, content in rows if isinstance(content, dict)]
    assert (len(texts), texts[8], texts[48]) == (100, '"text 10', 'text 50"')


def test_trusted_quotes_bind_whatever_they_hold(tmp_path: Path) -> None:
    rows = read(tmp_path, swallowed_table("\t"), "t.tsv", quoting="quotes")
    assert len(rows) == 60


@pytest.mark.parametrize(
    "text",
    [
        "two lines\nand no more",
        "Great, really\nfits, too\nbut late",
        "a list:\n1,2,3\n4,5,6",
        "name,north\nname,south",
    ],
)
def test_texts_of_several_lines_are_texts(tmp_path: Path, text: str) -> None:
    content = f'id,text,label,shop\n1,ok,1,north\n2,"{text}",0,south\n3,ok,0,north\n'
    assert [row["text"] for _, row in read(tmp_path, content) if isinstance(row, dict)] == [
        "ok",
        text,
        "ok",
    ]


def test_a_text_with_line_break_and_tab_is_fine_in_tsv_if_it_is_no_row(tmp_path: Path) -> None:
    rows = read(tmp_path, 'text\tlabel\tx\n"a\nb\tc"\t1\td\n', "t.tsv")
    assert rows == [(2, {"text": "a\nb\tc", "label": "1", "x": "d"})]


def test_most_of_the_lines_are_enough_in_tsv(tmp_path: Path) -> None:
    content = 'text\tlabel\tx\n"a\t1\tx\nspoilt\nb\t1\tx\nc"\t1\td\n'
    assert "contains 4 lines" in str(read(tmp_path, content, "t.tsv")[0])


def test_a_line_break_and_a_tab_of_two_fields_are_fine_in_tsv(tmp_path: Path) -> None:
    rows = read(tmp_path, 'text\tlabel\tx\n"a\nb"\t1\t"c\td"\n', "t.tsv")
    assert rows == [(2, {"text": "a\nb", "label": "1", "x": "c\td"})]


@pytest.mark.parametrize(
    ("columns", "rows", "seen"),
    [
        ("id,text,shop", '1,"a,x\n2,b",y\n', True),
        ("id,text", '1,"a\n2,b\n3,c"\n', True),
        ("id,text", '1,"a\n2,b"\n', False),
        ("text", '"a\nb\nc\nd"\n', False),
        ("id,text,shop", '1,"a, b\nc",y\n', False),
    ],
)
def test_tables_without_classes(tmp_path: Path, columns: str, rows: str, seen: bool) -> None:
    content = f"{columns}\n{rows}".encode()
    table = source(tmp_path, content, label_column=None)
    found = [content for _, content in read_delimited(table, ("text",))]
    assert any(isinstance(content, str) for content in found) == seen


def test_a_header_within_the_rows_is_no_row(tmp_path: Path) -> None:
    rows = read(tmp_path, "text,label\na,1\n\ufefftext,label\nb,0\nlabel,label\n")
    assert rows == [
        (2, {"text": "a", "label": "1"}),
        (3, "the header again (were two files joined?)"),
        (4, {"text": "b", "label": "0"}),
        (5, {"text": "label", "label": "label"}),
    ]


def test_a_header_within_the_rows_in_another_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"line 3: a header with the columns in another"):
        read(tmp_path, "text,label\na,1\nlabel,text\n0,b\n")


@pytest.mark.parametrize("name", ["utf-8", "UTF_8", "cp1252", "latin-1", "utf-16", "auto"])
def test_encodings_that_are_known(name: str) -> None:
    assert checked_encoding(name) == name


@pytest.mark.parametrize("name", ["nosuch", "rot13", "hex", "", "a\0b"])
def test_encodings_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="there is no such text encoding"):
        checked_encoding(name)


@pytest.mark.parametrize("name", ["", '"', "\n", "::", "colon"])
def test_separators_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="or one character"):
        checked_separator(name)
