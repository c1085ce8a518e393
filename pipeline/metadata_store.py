"""Turn `metadata.url` into ML Metadata's connection configuration."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from ml_metadata.proto import metadata_store_pb2

from models.errors import InvalidInputError
from pipeline.layout import OutputLayout, is_remote
from pipeline.settings import environment

_SQLITE = "sqlite:///"
_MYSQL_PORT = 3306
_POSTGRESQL_PORT = 5432
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def connection_config(url: str | None, layout: OutputLayout) -> metadata_store_pb2.ConnectionConfig:
    """Build the connection configuration.

    Args:
        url: `sqlite:///PATH`, `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, the same with
            `postgresql://` (and `?sslmode=…`), or `None` for a SQLite file in the output folder.
            `${NAME}` in it stands for a variable of this process's environment.
        layout: The output folder.

    Returns:
        ML Metadata's configuration.

    Raises:
        InvalidInputError: If the URL lacks a part, a variable is not set, or the default file
            would lie in a storage that SQLite cannot write.
    """
    if url is None:
        if is_remote(layout.root):
            raise InvalidInputError(
                f"`output_dir` is {layout.root}, where no SQLite file can be kept; `metadata.url` "
                "must name a server (mysql://… or postgresql://…)"
            )
        return _sqlite(layout.metadata)
    if url.startswith(_SQLITE):
        return _sqlite(url.removeprefix(_SQLITE))
    split = urlsplit(_filled_in(url, environment()))
    build = _SERVERS[split.scheme]
    return build(split)


def _filled_in(url: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}`; a password may hold any character, so values are quoted for a URL."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in variables:
            raise InvalidInputError(
                f"`metadata.url` needs the environment variable {name}, which is not set here"
            )
        return quote(variables[name], safe="")

    return _VARIABLE.sub(value, url)


def _sqlite(path: str) -> metadata_store_pb2.ConnectionConfig:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = path
    config.sqlite.connection_mode = (
        metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    )
    return config


def _mysql(url: SplitResult) -> metadata_store_pb2.ConnectionConfig:
    account = _account(url)
    return metadata_store_pb2.ConnectionConfig(
        mysql=metadata_store_pb2.MySQLDatabaseConfig(
            port=url.port or _MYSQL_PORT, database=url.path.strip("/"), **account
        )
    )


def _postgresql(url: SplitResult) -> metadata_store_pb2.ConnectionConfig:
    account = _account(url)
    config = metadata_store_pb2.PostgreSQLDatabaseConfig(
        port=str(url.port or _POSTGRESQL_PORT), dbname=url.path.strip("/"), **account
    )
    mode = parse_qs(url.query).get("sslmode")
    if mode:
        config.ssloption.sslmode = mode[0]
    return metadata_store_pb2.ConnectionConfig(postgresql=config)


_SERVERS: dict[str, Callable[[SplitResult], metadata_store_pb2.ConnectionConfig]] = {
    "mysql": _mysql,
    "postgresql": _postgresql,
}


def _account(url: SplitResult) -> dict[str, Any]:
    """Return host, user and password."""
    if not url.hostname or not url.path.strip("/") or not _has_valid_port(url):
        raise InvalidInputError(
            f"`metadata.url` must be {url.scheme}://USER:PASSWORD@HOST:PORT/DATABASE; host or "
            "database is missing in what was given, or the port is no number up to 65535"
        )
    return {
        "host": url.hostname,
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
    }


def _has_valid_port(url: SplitResult) -> bool:
    try:
        return url.port is None or url.port > 0
    except ValueError:
        return False
