import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.preflight import inspect
from tests.components.example_gen.tables import compress, csv_text, params_for, reviews, write_table

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"
TEN_ROWS = b"text,label\n" + b"".join(b"t%d,%d\n" % (n, n % 2) for n in range(10))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet", "tfrecord"])
def test_every_format_gives_the_same_summary(
    tmp_path: Path, file_format: str, packed: bool
) -> None:
    path = write_table(tmp_path, file_format, reviews(60))
    path = compress(path) if packed else path
    summary = inspect(params_for(path))
    assert (summary.files, summary.format) == ((path.name,), file_format)
    assert summary.bytes == path.stat().st_size
    assert (summary.rows, summary.bad_rows, summary.missing_texts) == (60, 0, 0)
    assert summary.labels.counts == {"-1": 20, "0": 20, "1": 20}
    assert summary.columns == {
        "category": "bytes",
        "label": "bytes",
        "price": "float",
        "rating": "int",
        "text": "bytes",
    }
    assert sum(summary.plan.rows.values()) == 60


def test_a_folder_is_one_table(tmp_path: Path) -> None:
    rows = reviews(60)
    (tmp_path / "a.csv").write_text(csv_text(rows[:30]))
    (tmp_path / "b.csv").write_text(csv_text(rows[30:]))
    assert inspect(params_for(tmp_path)).rows == 60


def test_blank_texts_are_counted_not_refused(tmp_path: Path) -> None:
    rows = [row | {"text": "" if n < 3 else row["text"]} for n, row in enumerate(reviews(60))]
    rows[5]["text"] = " \n"
    assert inspect(params_for(write_table(tmp_path, "csv", rows))).missing_texts == 4


def test_bad_rows_to_reject_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(reviews(60)) + "too,few\n" + "fields\n")
    summary = inspect(params_for(path, bad_rows="reject"))
    assert (summary.rows, summary.bad_rows) == (60, 2)
    assert summary.first_bad == "a.csv, line 122: 2 fields where the header has 5"


def test_the_scan_stops_and_leaves_the_rest_to_the_run(tmp_path: Path) -> None:
    path = write_table(tmp_path, "csv", [row | {"label": "same"} for row in reviews(50)])
    summary = inspect(params_for(path), max_rows=20)
    assert (summary.rows, summary.complete) == (20, False)


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        (b"", {}, "data.path: 'a.csv' is empty; it needs a header and rows."),
        (b"text,label\n", {}, "data.path: '{path}' has no rows."),
        (
            TEN_ROWS,
            {"label_column": "stars"},
            "data.path: 'a.csv' has no column 'stars'; its columns are 'text', 'label'. A file "
            "without a header line needs one.",
        ),
        (
            TEN_ROWS,
            {"key_column": "id"},
            "data.path: 'a.csv' has no column 'id'; its columns are 'text', 'label'. A file "
            "without a header line needs one.",
        ),
        (
            TEN_ROWS + b"caf\xe9,1\n",
            {},
            "data: a.csv, line 12: not UTF-8: byte 0xe9 at position 4 of line 12 (1 of 11 rows "
            "cannot be used); name its encoding (data.encoding: cp1252), correct the file, or set "
            "data.bad_rows: reject to leave such rows out.",
        ),
        (
            TEN_ROWS + b"a,b,c\nd,\n",
            {},
            "data: a.csv, line 12: 3 fields where the header has 2 (2 of 12 rows cannot be used); "
            "correct the file, or set data.bad_rows: reject to leave such rows out.",
        ),
        (
            TEN_ROWS[:-5] + b"c\n",
            {"bad_rows": "reject"},
            "data.path: '{path}' has 9 usable rows (and 1 that cannot be used); "
            "at least 10 are needed.",
        ),
        (
            TEN_ROWS.replace(b",0", b",1"),
            {},
            "data.label_column: all 10 rows have the label '1' in column 'label'; a classifier "
            "needs at least two labels.",
        ),
        (
            b"text,label\n" + b"same,0\nsame,1\n" * 10,
            {},
            "data.splits: with these fractions the split 'eval' of '{path}' (20 rows) gets no "
            "row; give more rows or enlarge data.splits.eval.",
        ),
    ],
    ids=[
        "empty file",
        "header only",
        "no such label column",
        "no such key column",
        "not UTF-8",
        "bad rows",
        "too few rows",
        "one class",
        "empty split",
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, changes: dict[str, Any], sentence: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError) as refusal:
        inspect(params_for(path, **changes))
    assert str(refusal.value) == sentence.format(path=path)


def test_neither_tensorflow_nor_beam_is_imported_for_a_local_table(tmp_path: Path) -> None:
    for file_format in ("csv", "jsonl", "parquet"):
        write_table(tmp_path, file_format, reviews(60))
    code = (
        "import sys\n"
        "from components.example_gen.params import DataParams\n"
        "from components.example_gen.preflight import inspect\n"
        "for path in sys.argv[1:]: inspect(DataParams(path=path))\n"
        "print(sorted({'tensorflow', 'apache_beam', 'tfx'} & set(sys.modules)))\n"
    )
    paths = [str(path) for path in tmp_path.iterdir()]
    run = subprocess.run(
        [sys.executable, "-c", code, *paths], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        ("womens_clothing_reviews.csv", ("review_body", "sentiment"), 5687),
        ("movie_review_sentences.csv", ("text", "label"), 10685),
    ],
)
def test_published_reviews_are_read_whole(name: str, columns: tuple[str, str], rows: int) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not beside this checkout")
    summary = inspect(params_for(SHARED / name, text_column=columns[0], label_column=columns[1]))
    assert (summary.rows, summary.bad_rows) == (rows, 0)


def test_what_is_left_out_or_detected_is_said(tmp_path: Path) -> None:
    content = b"text;label\n" + b"".join(b"t%d;%d\n" % (n, n % 2) for n in range(40))
    (tmp_path / "a.csv").write_bytes(content + content + "caf\xe9;1\n".encode("cp1252"))
    summary = inspect(params_for(tmp_path, bad_rows="reject"))
    assert summary.labels.counts == {"0": 40, "1": 40}
    assert summary.notices == (
        "a.csv is read with ';' between its fields",
        "2 of 82 rows cannot be used and are left out (data.bad_rows: reject); the first: "
        "a.csv, line 42: the header again (were two files joined?)",
    )
    with pytest.raises(InvalidInputError, match=r"a\.csv, line 42: the header again"):
        inspect(params_for(tmp_path))


def test_a_quote_that_swallows_rows_is_refused_with_its_line(tmp_path: Path) -> None:
    rows = [["text", "label"], *([f"t{n}", str(n % 2)] for n in range(400))]
    rows[100][0], rows[140][0] = '"t99', 't139"'
    path = tmp_path / "a.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    with pytest.raises(InvalidInputError, match=r"a\.tsv, line 101: a quoted field contains"):
        inspect(params_for(path))
    assert inspect(params_for(path, quoting="none")).rows == 400


def test_blanks_around_labels_are_said(tmp_path: Path) -> None:
    rows = b"".join(
        b"t%d, %d\n" % (n, n % 2) if n % 4 else b"t%d,%d\n" % (n, n % 2) for n in range(80)
    )
    (tmp_path / "a.csv").write_bytes(b"text,label\n" + rows)
    summary = inspect(params_for(tmp_path / "a.csv"))
    assert summary.labels.counts == {"0": 40, "1": 40}
    assert summary.notices == ("spaces around the labels of 60 rows are removed",)
