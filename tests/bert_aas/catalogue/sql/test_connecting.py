import ast
from pathlib import Path

import bert_aas
from bert_aas.catalogue.sql.connecting import connected


def test_a_connection_has_a_limit_and_a_folder_that_goes() -> None:
    settings = "current_setting('memory_limit'), current_setting('temp_directory')"
    with connected("5MB") as connection:
        memory, folder = connection.execute(f"SELECT {settings}").fetchone()
        assert (memory, Path(folder).is_dir()) == ("4.7 MiB", True)
    assert not Path(folder).exists()


def test_duckdb_is_opened_in_one_place() -> None:
    root = Path(bert_aas.__file__).parents[1]
    opening = [
        path.name
        for package in ("bert_aas", "components", "models", "pipeline")
        for path in (root / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "duckdb.connect"
    ]
    assert opening == ["connecting.py"]
