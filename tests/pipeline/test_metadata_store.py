"""`metadata.url` as ML Metadata's connection."""

import pytest
from ml_metadata.proto import metadata_store_pb2

from models.errors import InvalidInputError
from pipeline.layout import OutputLayout
from pipeline.metadata_store import connection_config

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
