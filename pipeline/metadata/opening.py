"""Open ML Metadata, or say in one sentence why its database server cannot be used."""

import socket

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from bert_aas.contracts.errors import UnavailableError

_CONNECT_TIMEOUT_S = 5.0
_NO_CONNECTION = ("mysql_real_connect failed", "connection pointer is NULL")
"""ML Metadata's words for MySQL and PostgreSQL; they do not name a reason."""


def open_store(connection: mlmd.ConnectionConfig) -> MetadataStore:
    """Open the metadata.

    Args:
        connection: Where the metadata is.

    Returns:
        The open store.

    Raises:
        UnavailableError: If the database server cannot be reached or refuses the account.
        RuntimeError: If ML Metadata fails in another way.
    """
    try:
        return MetadataStore(connection)
    except RuntimeError as exc:  # ML Metadata raises nothing more exact here
        if not any(words in str(exc) for words in _NO_CONNECTION):
            raise
        raise UnavailableError(_refusal(connection)) from exc


def check_server(connection: mlmd.ConnectionConfig) -> None:
    """Try the database server once; a SQLite file needs no server.

    Args:
        connection: Where the metadata is.

    Raises:
        UnavailableError: If the database server cannot be reached or refuses the account.
    """
    if not connection.HasField("sqlite"):
        open_store(connection)


def _refusal(connection: mlmd.ConnectionConfig) -> str:
    if connection.HasField("mysql"):
        kind, server, database = "MySQL", connection.mysql, connection.mysql.database
    else:
        kind, server = "PostgreSQL", connection.postgresql
        database = connection.postgresql.dbname
    address = f"{server.host}:{server.port}"
    reason = _unreachable(server.host, int(server.port))
    if reason is not None:
        return (
            f"`metadata.url`: no {kind} server can be reached at {address} ({reason}); start the "
            "server, or correct the host and the port"
        )
    cure = "; for MySQL 8, make the user with mysql_native_password" if kind == "MySQL" else ""
    return (
        f"`metadata.url`: the {kind} server at {address} refuses user '{server.user}' for the "
        f"database '{database}'; check the user, the password, the database and the user's rights"
        f"{cure}"
    )


def _unreachable(host: str, port: int) -> str | None:
    """Say why a port cannot be reached; `None` if something answers there."""
    try:
        socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError as exc:
        return (exc.strerror or str(exc)).lower()
    return None
