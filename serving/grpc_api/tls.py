"""Reads an SSLConfig file into the credentials of an encrypted gRPC port.

Source:
    TensorFlow Serving, `config/ssl_config.proto`, `model_servers/server.cc`.
"""

import contextlib
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc

from serving.errors import SettingsError
from serving.runtime.config_messages import read_config

# OpenSSL's reasons: of the same kind; of another kind, such as RSA beside elliptic curves.
_STRANGERS = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"})
_KEY = re.compile(
    r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----.+-----END ([A-Z]+ )?PRIVATE KEY-----", re.S
)


def read_credentials(path: Path) -> Any:
    """Read the server's key and certificate.

    Args:
        path: An SSLConfig in text form; `server_key`, `server_cert` and `custom_ca` hold PEM text,
            `client_verify` asks clients for a certificate that `custom_ca` has signed.

    Returns:
        `grpc.ServerCredentials`.

    Raises:
        SettingsError: If the file or what it holds cannot be used; the message names the file.
    """
    config = read_config(path, "an SSLConfig")
    if _KEY.search(config.server_key) is None:
        raise SettingsError(_not_pem(path, "server_key", config.server_key, "a private key"))
    _check_certificate(path, "server_cert", config.server_cert)
    _check_pair(path, config.server_key, config.server_cert)
    if config.custom_ca:
        _check_certificate(path, "custom_ca", config.custom_ca)
    if config.client_verify and not config.custom_ca:
        raise SettingsError(
            f"{path}: client_verify needs custom_ca, the certificate that signed the "
            "clients' certificates."
        )
    return grpc.ssl_server_credentials(
        [(config.server_key.encode(), config.server_cert.encode())],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )


def _check_certificate(path: Path, field: str, pem: str) -> None:
    """Parse the certificates: gRPC would only say that the port cannot be opened."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as exc:
        raise SettingsError(_not_pem(path, field, pem, "a certificate")) from exc


def _not_pem(path: Path, field: str, given: str, wanted: str) -> str:
    hint = ""
    if not given.strip():
        hint = " It is empty."
    elif "-----BEGIN" not in given and "/" in given and len(given.split()) == 1:
        hint = " It looks like a path; give the text of that file."
    return f"{path}: {field} is not {wanted} in PEM text.{hint}"


def _check_pair(path: Path, key: str, certificate: str) -> None:
    """Load both as OpenSSL does: gRPC would only say that the port cannot be opened."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # how strong they are is for gRPC to judge
    with _secret_file(key) as key_file, _secret_file(certificate) as certificate_file:
        try:
            context.load_cert_chain(certificate_file, key_file, password=_refuse_to_ask)
        except _EncryptedKeyError as exc:
            raise SettingsError(
                f"{path}: server_key is encrypted, and gRPC cannot ask for its password; decrypt "
                "it with `openssl pkey`."
            ) from exc
        except ssl.SSLError as exc:
            if exc.reason in _STRANGERS:
                raise SettingsError(
                    f"{path}: server_key and server_cert do not belong together; the server's own "
                    "certificate must be the first in server_cert."
                ) from exc
            raise SettingsError(_not_pem(path, "server_key", key, "a private key")) from exc


class _EncryptedKeyError(Exception):
    """OpenSSL asks for a password."""


def _refuse_to_ask() -> str:
    raise _EncryptedKeyError


@contextlib.contextmanager
def _secret_file(text: str) -> Iterator[str]:
    """Give a text a path: OpenSSL's loader takes no other form. On Linux no disk sees it."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("pem"), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:  # only its owner reads it
        file.write(text)
        file.flush()
        yield file.name
