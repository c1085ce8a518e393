"""Tables keep their rows, columns, order and types through every format."""

import bz2
import csv
import gzip
import io
import json
import re
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa, parquet
from bert_aas.tables.finding import TablePath
from bert_aas.tables.reading import read_table
from bert_aas.tables.sources import ReadOptions
from bert_aas.tables.table import Table
from bert_aas.tables.writing import NewColumn, Output, check_names

TEXTS = ['Tea, "strong"\nand hot\tsoon', "", "  größer 茶  ", "one\r\ntwo\rthree"]
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".csv.gz", ".jsonl.bz2")


def read(path: Path, *columns: str, **options: Any) -> Table:
    wanted = TablePath(str(path), "--input", options=ReadOptions(**options))
    return read_table(wanted, columns or ("text",))


def write(table: Table, path: Path) -> Path:
    """Write a table with a label and a number added."""
    labels = NewColumn("label", [f"l{place}" for place in range(len(table))])
    shares = NewColumn("p", [place / 8 for place in range(len(table))], numbers=True)
    with path.open("wb") as stream:
        Output(path, table).write(stream, [labels, shares])
    return path


def csv_bytes(rows: list[list[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    rows = [[str(place), text] for place, text in enumerate(TEXTS)]
    path.write_bytes(csv_bytes([["id", "text"], *rows]))
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("between", SUFFIXES)
def test_texts_pass_through_any_two_formats(
    tmp_path: Path, source: Path, between: str, suffix: str
) -> None:
    first = write(read(source), tmp_path / f"first{between}")
    second = tmp_path / f"second{suffix}"
    with second.open("wb") as stream:
        Output(second, read(first)).write(stream, [])
    found = read(second, "text", "id", "label", "p")
    assert found.columns == ("id", "text", "label", "p")
    assert found.texts == (
        TEXTS,
        ["0", "1", "2", "3"],
        ["l0", "l1", "l2", "l3"],
        ["0.0", "0.125", "0.25", "0.375"],
    )


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_without_rows_keeps_its_columns(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "in.csv").write_text("id,text\n")
    path = write(read(tmp_path / "in.csv"), tmp_path / f"out{suffix}")
    found = read(path)
    assert (found.columns, len(found)) == (("id", "text", "label", "p"), 0)


def typed_table() -> Any:
    """Two rows, or what stands for them, of every type that Parquet can hold."""
    when = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    point = pa.struct([("x", pa.int8()), ("y", pa.list_(pa.float32()))])
    columns = {
        "text": pa.array(["a", None]),
        "int8": pa.array([1, None], pa.int8()),
        "int32": pa.array([1, None], pa.int32()),
        "uint32": pa.array([2**32 - 1, None], pa.uint32()),
        "uint64": pa.array([2**64 - 1, 0], pa.uint64()),
        "float": pa.array([0.1, float("nan")], pa.float32()),
        "bool": pa.array([True, None]),
        "ns": pa.array([1, None], pa.timestamp("ns")),
        "us": pa.array([when, None], pa.timestamp("us", tz="Europe/Berlin")),
        "ms": pa.array([when, None], pa.timestamp("ms")),
        "date": pa.array([date(2026, 1, 31), None]),
        "time": pa.array([1, None], pa.time64("ns")),
        "duration": pa.array([1, None], pa.duration("ns")),
        "decimal": pa.array([Decimal("1.10"), None]),
        "category": pa.array(["x", "x"]).dictionary_encode(),
        "null": pa.nulls(2),
        "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int16())),
        "list": pa.array([[1], []], pa.list_(pa.int16())),
        "struct": pa.array([{"x": 1, "y": [0.5]}, None], point),
        "binary": pa.array([b"\xff\x00", None]),
        "fixed": pa.array([b"ab", b"cd"], pa.binary(2)),
        "large": pa.array(["a", "b"], pa.large_string()),
    }
    schema = pa.schema(
        [pa.field(name, column.type, name != "fixed") for name, column in columns.items()],
        metadata={b"pandas": b"{}", b"ours": b"kept"},
    )
    return pa.Table.from_arrays(list(columns.values()), schema=schema)


def test_parquet_keeps_every_type(tmp_path: Path) -> None:
    table = typed_table()
    parquet.write_table(table, tmp_path / "in.parquet", version="2.6")
    path = write(read(tmp_path / "in.parquet"), tmp_path / "out.parquet")
    found = parquet.read_table(path)
    assert found.schema.metadata == table.schema.metadata
    assert found.drop(["label", "p"]).schema == table.schema
    assert repr(found.drop(["label", "p"]).to_pydict()) == repr(table.to_pydict())
    assert found.schema.field("label").type == pa.string()
    assert found.schema.field("p").type == pa.float64()


def test_types_of_parquet_become_json(tmp_path: Path) -> None:
    table = typed_table().drop(["binary"])
    parquet.write_table(table, tmp_path / "in.parquet", version="2.6")
    path = write(read(tmp_path / "in.parquet"), tmp_path / "out.jsonl")
    first, second = map(json.loads, path.read_text().splitlines())
    assert first["uint64"] == 2**64 - 1
    assert first["map"] == [["k", 1]]
    assert first["struct"] == {"x": 1, "y": [0.5]}
    assert (first["fixed"], first["date"], first["decimal"]) == ("ab", "2026-01-31", "1.10")
    assert second["float"] is None


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_bytes_that_are_no_text_are_refused_before_the_work(tmp_path: Path, suffix: str) -> None:
    parquet.write_table(typed_table(), tmp_path / "in.parquet", version="2.6")
    with pytest.raises(
        InvalidInputError, match="the column 'binary' holds values that are not texts"
    ):
        Output(tmp_path / f"out{suffix}", read(tmp_path / "in.parquet"))


def json_table(folder: Path, *lines: str) -> Table:
    path = folder / "in.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read(path)


def test_json_lines_stay_as_they_are(tmp_path: Path) -> None:
    lines = [
        '{"text":"a", "n":1.10,"b":1e400, "x":[1, {"y": null}],"s":"\\ud800 \\u00e4", "m": NaN}  ',
        "{}",
        '{"text": "é"}\r',
    ]
    path = write(json_table(tmp_path, *lines), tmp_path / "out.jsonl")
    assert path.read_text(encoding="utf-8").split("\n") == [
        lines[0].rstrip()[:-1] + ', "label": "l0", "p": 0.0}',
        '{"label": "l1", "p": 0.125}',
        '{"text": "é", "label": "l2", "p": 0.25}',
        "",
    ]


def test_json_columns_get_the_type_of_their_values(tmp_path: Path) -> None:
    table = json_table(
        tmp_path,
        '{"text": "a", "i": 1, "u": 18446744073709551615, "f": 1, "b": true, "l": [1], "n": null}',
        '{"text": "b", "f": 2.5, "late": {"x": 1}}',
    )
    found = parquet.read_table(write(table, tmp_path / "out.parquet"))
    # pyarrow calls what a list in Parquet holds "item", newer ones "element".
    types = {field.name: str(field.type).replace("element:", "item:") for field in found.schema}
    assert types == {
        **{"text": "string", "i": "int64", "u": "uint64", "f": "double", "b": "bool"},
        **{"l": "list<item: int64>", "n": "null", "late": "struct<x: int64>"},
        **{"label": "string", "p": "double"},
    }
    assert found.column("u").to_pylist() == [2**64 - 1, None]


@pytest.mark.parametrize(
    "values",
    [
        ("1", '"one"'),
        ("true", "1"),
        ("[1]", '["a"]'),
        ("[1]", "{}"),
        ("18446744073709551616", "1"),
        ("18446744073709551615", "-1"),
        ("{}", "{}"),
        ('"\\ud800"', '"a"'),
    ],
)
def test_values_that_parquet_cannot_hold_are_refused_before_the_work(
    tmp_path: Path, values: tuple[str, str]
) -> None:
    table = json_table(tmp_path, *(f'{{"text": "a", "x": {value}}}' for value in values))
    with pytest.raises(InvalidInputError, match=r"write a \.jsonl file"):
        Output(tmp_path / "out.parquet", table)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"a"', "a"),
        ("null", ""),
        ("NaN", ""),
        ("true", "true"),
        ("1", "1"),
        ("1.50", "1.5"),
        ("2.0", "2.0"),
        ('["a", "ä", null]', '["a", "ä", null]'),
        ('{"b": [1.0, true]}', '{"b": [1.0, true]}'),
    ],
)
def test_texts_of_json_are_those_of_training(tmp_path: Path, value: str, text: str) -> None:
    """`components.example_gen` reads by the same rule; here the values themselves."""
    assert json_table(tmp_path, f'{{"text": {value}}}').texts == ([text],)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(3)])
def test_bytes_of_parquet_are_decoded(tmp_path: Path, kind: Any) -> None:
    table = pa.table({"text": pa.array(["ä.".encode(), None], kind)})
    parquet.write_table(table, tmp_path / "in.parquet")
    assert read(tmp_path / "in.parquet").texts == (["ä.", ""],)


def test_categories_and_numbers_of_parquet_are_texts(tmp_path: Path) -> None:
    columns = {"text": pa.array(["b", "a"]).dictionary_encode(), "pair": pa.array([1.0, None])}
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    assert read(tmp_path / "in.parquet", "text", "pair").texts == (["b", "a"], ["1.0", ""])


def test_files_of_a_folder_are_one_table(tmp_path: Path) -> None:
    for label in ("0", "1"):
        folder = tmp_path / "in" / f"shop={label}"
        folder.mkdir(parents=True)
        parquet.write_table(pa.table({"text": [f"t{label}"]}), folder / "part.parquet")
    table = read(tmp_path / "in")
    assert (table.columns, table.texts) == (("text", "shop"), (["t0", "t1"],))
    assert table.as_fields() == [["t0", "0"], ["t1", "1"]]


def test_rows_of_json_and_csv_gain_what_their_folders_say(tmp_path: Path) -> None:
    for suffix, content in (("jsonl", '{"text": "a"}\n'), ("csv", "text\na\n")):
        folder = tmp_path / suffix / "shop=x"
        folder.mkdir(parents=True)
        (folder / f"part.{suffix}").write_text(content)
        table = read(tmp_path / suffix)
        assert table.columns in {("text", "shop")}
        assert json.loads(table.as_lines()[0]) == {"text": "a", "shop": "x"}


def test_parquet_files_of_different_types_are_refused(tmp_path: Path) -> None:
    for name, values in (("a", pa.array([1])), ("b", pa.array(["1"]))):
        parquet.write_table(pa.table({"text": ["t"], "x": values}), tmp_path / f"{name}.parquet")
    with pytest.raises(InvalidInputError, match="the files give a column different types"):
        read(tmp_path)


def test_the_separator_of_the_input_is_kept_in_csv(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes("id;text\r\n1;größer, als\r\n".encode("cp1252"))
    table = read(tmp_path / "in.csv", encoding="cp1252")
    assert table.notices == ("in.csv is read with ';' between its fields",)
    path = write(table, tmp_path / "out.csv")
    assert path.read_bytes().decode() == "id;text;label;p\r\n1;größer, als;l0;0.0\r\n"
    assert write(table, tmp_path / "out.tsv").read_bytes().startswith(b"id\ttext\tlabel\tp\r\n")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_packed_and_two_byte_files_are_read(tmp_path: Path, pack: Any) -> None:
    (tmp_path / "in.csv.gz").write_bytes(pack("text\nä\n".encode("utf-16")))
    table = read(tmp_path / "in.csv.gz")
    assert table.texts == (["ä"],)
    assert table.notices == ("in.csv.gz is read as UTF-16, because its first bytes say so",)


def test_a_blank_line_is_a_row_where_there_is_one_column(tmp_path: Path) -> None:
    """What is written for an empty text must come back as one."""
    (tmp_path / "in.csv").write_text('text\na\n""\nb\n')
    path = tmp_path / "out.csv"
    with path.open("wb") as stream:
        Output(path, read(tmp_path / "in.csv")).write(stream, [])
    assert read(path).texts == (["a", "", "b"],)


def test_a_column_that_is_there_is_not_overwritten(source: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"--input: 'in\.csv' already has a column 'id'"):
        check_names(read(source), ["new", "id"])


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "t.xlsx",
            b"",
            "the format of '{path}' cannot be recognised by its name; use one of .csv,",
        ),
        ("t.csv", "text\ngrößer".encode("latin-1"), "line 2: not UTF-8: byte 0xf6 at position 3"),
        ("t.csv", "text\ngrößer".encode("latin-1"), "with --encoding, e.g. cp1252."),
        ("t.csv", b"id,text\n1,a\n2\n", "line 3: 1 field where the header has 2."),
        ("t.csv", b'id,text\n1,"a', "line 2: a quote is not closed before the file ends."),
        ("t.csv", b"id,text,id\n1,a,2\n", "names the column 'id' more than once"),
        ("t.csv", b"text,x\na\0b,1\n", "line 2: column 'text' holds a NUL character"),
        ("t.csv", b"text,x\na,1\ntext,x\n", "line 3: the header again"),
        ("t.tsv", b'text\tx\n"a\t1\nb"\t1\n', "line 2: a quoted field contains 2 lines"),
        ("t.csv", b"body\na\n", "has no column 'text'; its columns are 'body'."),
        ("t.csv", b"", "is empty; it needs a header and rows."),
        ("t.jsonl", b'{"text": "a"}\n{"a"\n', "line 2: broken JSON at position 6"),
        ("t.jsonl", b"[1]\n", "line 1: a JSON value that is not an object."),
        (
            "t.jsonl",
            b'{"text": "\\ud800"}\n',
            "line 1: column 'text' is not valid Unicode (half a surrogate",
        ),
        ("t.jsonl", b'{"text": ' + b"[" * 100_000, "line 1: JSON that is nested too deeply"),
        ("t.jsonl", b'{"text": ' + b"1" * 5_000 + b"}", "line 1: a JSON number with too many"),
        ("t.jsonl", b'{"text": "a", "\\ud800": 1}', "a column whose name is not valid Unicode"),
        ("t.parquet", b"id,text\n", "is not a Parquet file, or is damaged."),
        ("t.tfrecord", b"", "is TFRecord, which cannot be written back"),
    ],
)
def test_refused_files(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    wanted = re.escape(sentence.format(path=path))
    with pytest.raises(InvalidInputError, match=rf"^--input: .*{wanted}") as refused:
        read(path)
    assert "\n" not in str(refused.value)


def test_bytes_of_parquet_that_are_no_text_are_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"text": [b"a", b"\xff"]}), tmp_path / "in.parquet")
    with pytest.raises(InvalidInputError, match=r"row 2: column 'text' is not UTF-8\.$"):
        read(tmp_path / "in.parquet")


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.parquet.gz", "out.csv.zip", "o.tfrecord"])
def test_outputs_of_unknown_formats_are_refused(tmp_path: Path, source: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"has an unknown extension; known are \.csv, \.ts"):
        Output(tmp_path / name, read(source))
