"""Turn `metadata.url` into ML Metadata's connection configuration."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from ml_metadata.proto import metadata_store_pb2

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import is_remote
from pipeline.config.layout import OutputLayout
from pipeline.environment import environment

_SQLITE = "sqlite:///"
_MYSQL_PORT = 3306
_SCHEMA_VERSION = 10
"""ML Metadata's, of the release in the lock; a test compares it with a store it makes."""
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
        InvalidInputError: If the URL lacks a part, a variable is not set, the default file would
            lie in a storage that SQLite cannot write, or what is there is no metadata.
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


def _check_sqlite(path: str) -> None:
    """Refuse what is there and is no metadata: ML Metadata has no sentence for it."""
    place = Path(path)
    if not place.exists():
        return  # ML Metadata makes it
    try:
        version = _schema_version(place)
    except (sqlite3.Error, TypeError, ValueError) as exc:
        if "locked" in str(exc):
            return  # another process writes; ML Metadata waits for it
        raise InvalidInputError(
            f"{path} should be a SQLite file of ML Metadata but cannot be read as one "
            f"({exc}); move it away to start with new metadata, or give another place "
            "(`metadata.url`, --output-dir)"
        ) from exc
    if version > _SCHEMA_VERSION:
        raise InvalidInputError(
            f"{path} was written by a newer ML Metadata (schema {version}, this one reads up to "
            f"{_SCHEMA_VERSION}); run with that release, or give another place (`metadata.url`)"
        )
    if not os.access(place, os.W_OK):
        raise InvalidInputError(
            f"{path} cannot be written, which ML Metadata needs even to read it; change its "
            "rights, or copy it"
        )


def _schema_version(place: Path) -> int:
    """Read the version of a store's tables; 0 if it has none yet."""
    # For writing, as ML Metadata opens it: a transaction of a killed process is undone then.
    address = f"{place.absolute().as_uri()}?mode=rw"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=0)) as store:
        if not store.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return 0
        store.execute("SELECT id FROM Artifact LIMIT 1").fetchone()
        return int(store.execute("SELECT schema_version FROM MLMDEnv").fetchone()[0])


def _sqlite(path: str) -> metadata_store_pb2.ConnectionConfig:
    _check_sqlite(path)
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
            f"`metadata.url` must be {url.scheme}://USER:PASSWORD@HOST:PORT/DATABASE; "
            "host or database is missing in what was given, or the port is not a number "
            "up to 65535"
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
