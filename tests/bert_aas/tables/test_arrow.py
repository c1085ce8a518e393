"""A Parquet file that runs code when plain pyarrow reads it runs none through us."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa, parquet
from bert_aas.tables.formats.parquet import open_parquet
from tests.bert_aas.tables.canaries import canary_type, write_canary_parquet

SENTENCE = "reading it could run code from the file"


def python(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process where nobody has switched the remedy on yet."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def evil(tmp_path: Path, canary: Path) -> Path:
    """The file; writing it has not run its code."""
    path = write_canary_parquet(tmp_path / "evil.parquet", canary)
    assert not canary.exists()
    return path


def test_plain_pyarrow_runs_the_code(evil: Path, canary: Path) -> None:
    """Else the tests below would prove nothing; newer releases of pyarrow run it no more."""
    if tuple(map(int, pa.__version__.split(".")[:2])) < (14, 0):
        python("import sys, pyarrow.parquet as p; p.read_table(sys.argv[1])", str(evil))
        assert canary.exists()


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "--model-dir", ".", "--input", "{evil}", "--output", "{out}"],
        ["run", "--config", "configs/demo.yaml", "--set", "data.path={evil}", "--output-dir={out}"],
    ],
    ids=["predict", "run"],
)
def test_no_command_runs_the_code(
    evil: Path, canary: Path, tmp_path: Path, command: list[str]
) -> None:
    places = {"evil": evil, "out": tmp_path / "out.parquet"}
    arguments = [part.format(**places) for part in command]
    done = python("from pipeline.cli import entry_point; entry_point()", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert "evil.parquet" in done.stderr
    assert SENTENCE in done.stderr
    assert "Traceback" not in done.stderr
    assert not canary.exists()


def nested_types(canary: Path) -> "list[pa.DataType]":
    field = pa.field("x", pa.string(), metadata=canary_type(canary))
    return [pa.list_(field), pa.struct([field]), pa.list_(pa.struct([field]))]


@pytest.mark.parametrize("place", range(3))
def test_a_type_within_another_runs_no_code(tmp_path: Path, canary: Path, place: int) -> None:
    path = tmp_path / "nested.parquet"
    nested = nested_types(canary)[place]
    parquet.write_table(pa.table({"text": pa.array([None], nested)}), path)
    with path.open("rb") as stream, pytest.raises(InvalidInputError, match=SENTENCE):
        open_parquet(stream, "nested.parquet")
    assert not canary.exists()


@pytest.mark.parametrize("definition", [b"", b"no pickle", pickle.dumps([1])])
def test_any_definition_of_such_a_type_is_refused(tmp_path: Path, definition: bytes) -> None:
    path = tmp_path / "odd.parquet"
    metadata = canary_type(tmp_path) | {b"ARROW:extension:metadata": definition}
    schema = pa.schema([pa.field("text", pa.string(), metadata=metadata)])
    parquet.write_table(pa.Table.from_arrays([pa.array(["a"])], schema=schema), path)
    with path.open("rb") as stream, pytest.raises(InvalidInputError, match=SENTENCE):
        open_parquet(stream, "odd.parquet")
