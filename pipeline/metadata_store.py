"""Turn `metadata.url` into ML Metadata's connection configuration."""

from typing import Any
from urllib.parse import unquote, urlsplit

from ml_metadata.proto import metadata_store_pb2

from models.errors import InvalidInputError
from pipeline.layout import OutputLayout

_MYSQL_PORT = 3306


def connection_config(url: str | None, layout: OutputLayout) -> metadata_store_pb2.ConnectionConfig:
    """Build the connection configuration.

    Args:
        url: `sqlite:///PATH`, `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, or `None` for a SQLite
            file in the output folder.
        layout: The output folder.

    Returns:
        ML Metadata's configuration.

    Raises:
        InvalidInputError: If the URL lacks a part.
    """  # noqa: DOC502 - raised by what it calls
    if url is None:
        return _sqlite(str(layout.metadata))
    if url.startswith("sqlite:///"):
        return _sqlite(url.removeprefix("sqlite:///"))
    return metadata_store_pb2.ConnectionConfig(mysql=_mysql(urlsplit(url)))


def _sqlite(path: str) -> metadata_store_pb2.ConnectionConfig:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = path
    config.sqlite.connection_mode = (
        metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    )
    return config


def _mysql(url: Any) -> metadata_store_pb2.MySQLDatabaseConfig:
    database = url.path.strip("/")
    if not url.hostname or not database or not _has_valid_port(url):
        raise InvalidInputError(
            "`metadata.url` must be mysql://USER:PASSWORD@HOST:PORT/DATABASE; host or database "
            "is missing in what was given, or the port is no number up to 65535"
        )
    return metadata_store_pb2.MySQLDatabaseConfig(
        host=url.hostname,
        port=url.port or _MYSQL_PORT,
        database=database,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )


def _has_valid_port(url: Any) -> bool:
    try:
        return url.port is None or url.port > 0
    except ValueError:
        return False
