"""`metadata.url` as ML Metadata's connection."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.layout import OutputLayout
from pipeline.metadata import store as metadata_store
from pipeline.metadata.store import connection_config

LAYOUT = OutputLayout("out")


def test_the_default_is_a_file_in_the_output_folder() -> None:
    config = connection_config(None, LAYOUT)
    assert config.sqlite.filename_uri == "out/metadata.sqlite"
    mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    assert config.sqlite.connection_mode == mode


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///runs/all.db", "runs/all.db"), ("sqlite:////var/all.db", "/var/all.db")],
)
def test_sqlite(url: str, path: str) -> None:
    assert connection_config(url, LAYOUT).sqlite.filename_uri == path


def test_mysql() -> None:
    mysql = connection_config("mysql://ann:p%40ss%2F1@db.example:3307/mlmd", LAYOUT).mysql
    assert (mysql.user, mysql.password) == ("ann", "p@ss/1")
    assert (mysql.host, mysql.port, mysql.database) == ("db.example", 3307, "mlmd")


def test_mysql_has_a_default_port_and_may_do_without_a_user() -> None:
    mysql = connection_config("mysql://localhost/mlmd", LAYOUT).mysql
    assert (mysql.port, mysql.user, mysql.password) == (3306, "", "")


def test_postgresql() -> None:
    url = "postgresql://ann:p%40ss@db.example:5433/mlmd?sslmode=require"
    postgresql = connection_config(url, LAYOUT).postgresql
    assert (postgresql.user, postgresql.password) == ("ann", "p@ss")
    assert (postgresql.host, postgresql.port, postgresql.dbname) == ("db.example", "5433", "mlmd")
    assert postgresql.ssloption.sslmode == "require"


def test_postgresql_has_a_default_port() -> None:
    postgresql = connection_config("postgresql://localhost/mlmd", LAYOUT).postgresql
    assert (postgresql.port, postgresql.ssloption.sslmode) == ("5432", "")


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMD_HOST", "db.example")
    monkeypatch.setenv("MLMD_PASSWORD", "p@ss/1:%")
    mysql = connection_config("mysql://ann:${MLMD_PASSWORD}@${MLMD_HOST}/mlmd", LAYOUT).mysql
    assert (mysql.host, mysql.password) == ("db.example", "p@ss/1:%")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLMD_PASSWORD", raising=False)
    with pytest.raises(InvalidInputError, match="variable MLMD_PASSWORD, which is not set here"):
        connection_config("mysql://ann:${MLMD_PASSWORD}@db/mlmd", LAYOUT)


def test_the_default_file_needs_a_folder_of_this_machine() -> None:
    with pytest.raises(
        InvalidInputError, match=r"`output_dir` is gs://bucket/out, where no SQLite"
    ):
        connection_config(None, OutputLayout("gs://bucket/out"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:secret@localhost",
        "mysql://ann:secret@localhost",
        "mysql://ann:secret@localhost/",
        "mysql:///mlmd",
        "mysql://ann:secret@localhost:many/mlmd",
        "mysql://ann:secret@localhost:99999/mlmd",
    ],
)
def test_incomplete_urls_are_refused_without_the_password(url: str) -> None:
    with pytest.raises(InvalidInputError, match="://USER:PASSWORD@HOST:PORT/DATABASE") as bad:
        connection_config(url, LAYOUT)
    assert "secret" not in str(bad.value)


def made_store(path: Path) -> Path:
    """An empty store, as ML Metadata makes it."""
    MetadataStore(connection_config(f"sqlite:///{path}", LAYOUT))
    return path


def changed(path: Path, statement: str) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.execute(statement)
        store.commit()
    return path


def test_a_store_is_taken_as_it_is(tmp_path: Path) -> None:
    store = made_store(tmp_path / "it's [my] #1 %20.db")
    assert connection_config(f"sqlite:///{store}", LAYOUT).sqlite.filename_uri == str(store)
    (tmp_path / "empty.db").touch()
    connection_config(f"sqlite:///{tmp_path}/empty.db", LAYOUT)


def test_a_store_that_another_process_writes_is_taken(tmp_path: Path) -> None:
    store = made_store(tmp_path / "a.db")
    with contextlib.closing(sqlite3.connect(store)) as other:
        other.execute("BEGIN EXCLUSIVE")
        connection_config(f"sqlite:///{store}", LAYOUT)


def garbage(path: Path) -> Path:
    path.write_bytes(b"garbage" * 1000)
    return path


def cut_off(path: Path) -> Path:
    content = made_store(path).read_bytes()
    path.write_bytes(content[: len(content) // 3])
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def others(path: Path) -> Path:
    return changed(path, "CREATE TABLE mine (id INT)")


@pytest.mark.parametrize("make", [garbage, cut_off, folder, others])
def test_what_is_no_store_is_refused_and_kept(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "metadata.sqlite")
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(
        InvalidInputError, match="should be a SQLite file of ML Metadata but"
    ) as bad:
        connection_config(None, OutputLayout(str(tmp_path)))
    assert "\n" not in str(bad.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    store = changed(made_store(tmp_path / "a.db"), "UPDATE MLMDEnv SET schema_version = 99")
    with pytest.raises(InvalidInputError, match=r"a newer ML Metadata \(schema 99, this one reads"):
        connection_config(f"sqlite:///{store}", LAYOUT)


def test_the_known_version_is_that_of_the_release(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(made_store(tmp_path / "a.db"))) as store:
        (version,) = store.execute("SELECT schema_version FROM MLMDEnv").fetchone()
    assert version == metadata_store._SCHEMA_VERSION
