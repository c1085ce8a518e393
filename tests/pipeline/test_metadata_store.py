"""`metadata.url` as ML Metadata's connection."""

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2

from models.errors import InvalidInputError
from pipeline.layout import OutputLayout
from pipeline.metadata_store import connection_config

LAYOUT = OutputLayout(Path("out"))


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


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:secret@localhost",
        "mysql://ann:secret@localhost/",
        "mysql:///mlmd",
        "mysql://ann:secret@localhost:many/mlmd",
        "mysql://ann:secret@localhost:99999/mlmd",
    ],
)
def test_incomplete_urls_are_refused_without_the_password(url: str) -> None:
    with pytest.raises(InvalidInputError, match="mysql://USER:PASSWORD@HOST:PORT/DATABASE") as bad:
        connection_config(url, LAYOUT)
    assert "secret" not in str(bad.value)
