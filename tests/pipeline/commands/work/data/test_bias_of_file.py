"""What `bert-aas bias` prints, writes and returns."""

import gzip
import json
from pathlib import Path

import pytest

from bert_aas.tables.arrow import pa, parquet
from pipeline.cli import main
from tests.bert_aas.bias.admissions import rows

ADMITTED = ("--label-column", "admitted", "--positive", "yes", "--group", "department")


@pytest.fixture(scope="module")
def admissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("admissions") / "admissions.csv"
    table = rows()
    lines = [",".join(row) for row in zip(*table.values(), strict=True)]
    path.write_text("\n".join([",".join(table), *lines]) + "\n")
    return path


def measured(path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["bias", str(path), "--json", "-", *arguments]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_few_comparisons_in_detail(admissions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias", str(admissions), "--facet", "sex=f", *ADMITTED]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4,526 rows; classes: no, yes"
    assert lines[2:4] == [
        "sex = f for the class yes",
        "1,835 rows, 30.4% of them positive; 2,691 others, 44.5% of them positive",
    ]
    figures = {line.split()[0]: line.split()[1:] for line in lines[5:13]}
    assert list(figures) == ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL"]
    assert figures["DPL"] == ["0.1416*", "0.1132", "to", "0.1696", "<", "0.0001"]
    assert figures["CDDL"][0] == "-0.0193"
    assert lines[-1].startswith("Intervals hold the true figure with 95 %. p is corrected for 2 ")


def test_many_comparisons_have_a_line_each(
    admissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--facet", "department", "--facet", "sex=f", "--label-column", "admitted"]
    assert main(["bias", str(admissions), *arguments]) == 0
    head, *lines = capsys.readouterr().out.splitlines()[2:]
    names = ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL", "p"]
    assert head.split() == ["Facet", "Value", "Class", "Rows", "Share", "Rest", *names]
    assert [line.split()[:3] for line in lines[:2]] == [
        ["department", "A", "no"],
        ["department", "A", "yes"],
    ]
    assert lines[13].split()[:6] == ["sex", "f", "yes", "1,835", "0.304", "0.445"]


def test_a_file_and_the_table(
    admissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "analysis.json"
    arguments = ["--facet", "sex=f", "--json", str(path), *ADMITTED]
    assert main(["bias", str(admissions), *arguments]) == 0
    assert "sex = f" in capsys.readouterr().out
    assert json.loads(path.read_text()) == measured(
        admissions, capsys, "--facet", "sex=f", *ADMITTED
    )


def test_a_figure_beyond_its_limit(
    admissions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "analysis.json"
    arguments = ["--facet", "sex=f", "--max", "DPL=0.1", "--json", str(path), *ADMITTED]
    assert main(["bias", str(admissions), *arguments]) == 4
    printed = capsys.readouterr()
    assert printed.err == (
        "Error: DPL of sex = f for the class yes is 0.1416, and at most 0.1 is allowed\n"
    )
    assert "CDDL" in printed.out
    assert json.loads(path.read_text())["bert_aas"]["violations"][0]["metric"] == "DPL"


def test_every_figure_within_its_limit(
    admissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--facet", "sex=f", "--max", "DPL=0.2", "--max", "CDDL=0.02", *ADMITTED]
    assert main(["bias", str(admissions), *arguments]) == 0
    assert "every figure is within its limit (DPL 0.2, CDDL 0.02)" in capsys.readouterr().out


def test_words_in_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("text\tlabel\nShe left\t1\nher hat\t0\nthe sheep\t1\nhe\t0\n")
    found = measured(path, capsys, "--facet-words", "women=she", "--facet-words", "women=her")
    (one, _) = found["bert_aas"]["comparisons"]  # type: ignore[index]
    assert (one["facet"], one["value_or_threshold"]) == ("women", "she, her")
    assert (one["rows_a"], one["rows_d"]) == (2, 2)


def test_every_format_gives_the_same(
    tmp_path: Path, admissions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows()
    parquet.write_table(pa.table(table), tmp_path / "rows.parquet")
    objects = (dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True))
    (tmp_path / "rows.jsonl.gz").write_bytes(
        gzip.compress("\n".join(map(json.dumps, objects)).encode())
    )
    expected = measured(admissions, capsys, "--facet", "sex", *ADMITTED)
    for name in ("rows.parquet", "rows.jsonl.gz"):
        assert measured(tmp_path / name, capsys, "--facet", "sex", *ADMITTED) == expected


def test_numbers_of_a_typed_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"label": [1.0, 2.0, None, 1.0], "age": [10, 50, 60, None]})
    parquet.write_table(table, tmp_path / "rows.parquet")
    arguments = ["bias", str(tmp_path / "rows.parquet"), "--facet", "age>40", "--positive", "1"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "4 rows; classes: 1, 2",
        "Left out: 1 row without a class",
        "Left out of age: 1 row without a value",
        "",
        "age >40 for the class 1",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--facet", "age"],
            "has no column 'age'; its columns are 'department', 'sex', 'admitted'",
        ),
        ([], "bias is measured between facets; name at least one"),
        (["--facet-words", "women"], "--facet-words 'women' is not of the form NAME=PATTERN"),
        (["--facet", "sex", "--max", "DPX=1"], "'DPX' is no metric"),
        (["--facet", "sex=x"], "no row belongs to the facet 'sex' (x)"),
        (["--facet", "sex", "--encoding", "no"], "there is no such text encoding"),
    ],
)
def test_what_is_refused(
    admissions: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["bias", str(admissions), "--label-column", "admitted", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Error: ")
    assert sentence in printed.err
    assert printed.err.count("\n") == 1


def test_a_broken_row_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("sex,label\nf,1\nm,2,3\n")
    assert main(["bias", str(path), "--facet", "sex"]) == 2
    assert capsys.readouterr().err.startswith("Error: FILE: 'rows.csv', line 3: ")


PREDICTED = ("--label-column", "hired", "--positive", "yes", "--predicted-column", "said")


@pytest.fixture(scope="module")
def hired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Women are found as often as men, but one of them is hired for each that is not."""
    path = tmp_path_factory.mktemp("hired") / "hired.csv"
    groups = [("f", "yes", "yes", 30), ("f", "yes", "no", 20), ("f", "no", "no", 50)]
    groups += [("m", "yes", "yes", 50), ("m", "no", "no", 45), ("m", "no", "yes", 5)]
    lines = [
        f"{sex},{label},{said},{number}"
        for sex, label, said, rows in groups
        for number in range(rows)
    ]
    path.write_text("sex,hired,said,years\n" + "\n".join([*lines, "f,yes,,3"]) + "\n")
    return path


def test_labels_and_predictions(hired: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bias", str(hired), "--facet", "sex=f", *PREDICTED]) == 0
    printed = capsys.readouterr().out
    before, after = printed.split("The predictions\n")
    assert before.startswith("The labels\n201 rows")
    assert "DPL " in before
    assert "Left out: 1 row without a class or a prediction" in after
    assert "100 rows, 50.0% of them positive and 30.0% predicted so; 100 others, 50.0% of" in after
    figures = {line.split()[0]: line.split()[1] for line in after.splitlines() if line}
    assert figures["RD"] == "0.4000*"  # 50 of 50 less 30 of 50
    assert figures["SD"] == "0.1000"  # 50 of 50 less 45 of 50
    assert figures["DI"] == "0.5455*"  # 0.30 over 0.55
    assert figures["FT"] == "-"


def test_similar_rows_by_numbers(hired: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(hired, capsys, "--facet", "sex=f", "--feature", "years", *PREDICTED)
    own = found["bert_aas"]
    assert isinstance(own, dict)
    assert own["after"]["rows_of_flip_test"] == 200
    metrics = own["after"]["comparisons"][0]["metrics"]
    (flips,) = [metric for metric in metrics if metric["name"] == "FT"]
    assert -1 <= flips["value"] < 0


def test_both_parts_of_clarify(hired: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(hired, capsys, "--facet", "sex=f", *PREDICTED)
    assert list(found) == [
        "version",
        "pre_training_bias_metrics",
        "bert_aas",
        "post_training_bias_metrics",
    ]
    after = found["post_training_bias_metrics"]
    assert isinstance(after, dict)
    assert (after["label"], after["label_value_or_threshold"]) == ("hired", "yes")
    (facet,) = after["facets"]["sex"]
    recall = {metric["name"]: metric for metric in facet["metrics"]}["RD"]
    assert recall["description"] == "Recall Difference (RD)"
    assert recall["value"] == pytest.approx(0.4)


def test_a_model_beyond_its_limit(hired: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--facet", "sex=f", "--max", "DPL=0.5", "--max", "RD=0.1", *PREDICTED]
    assert main(["bias", str(hired), *arguments]) == 4
    assert capsys.readouterr().err == (
        "Error: RD of sex = f for the class yes is 0.4000, and at most 0.1 is allowed\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--max", "RD=0.1"), "--max RD: this metric needs --predicted-column"),
        (("--max", "flips=0.1"), "--max flips: this metric needs a run with `swaps`"),
        (("--feature", "years"), "--feature is of use with --predicted-column alone"),
    ],
)
def test_what_needs_predictions(
    hired: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str], sentence: str
) -> None:
    given = ["--facet", "sex=f", "--label-column", "hired", *arguments]
    assert main(["bias", str(hired), *given]) == 2
    assert capsys.readouterr().err == f"Error: {sentence}\n"
