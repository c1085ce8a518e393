"""TLS with certificates made here: an authority, and what it signs."""

import datetime
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from serving.errors import SettingsError
from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.server import create_grpc_server
from serving.grpc_api.tls import read_credentials
from serving.listeners import Instruments, Listeners
from serving.observing.observer import NoTracing, Observers
from serving.settings import ServerSettings
from tests.serving.grpc_api.conftest import PROTOS, TIMEOUT_S, error_of, floats, predict_request


@dataclass(frozen=True)
class Identity:
    """A key with its certificate."""

    name: str
    key: Any
    certificate: Any

    @property
    def key_pem(self) -> bytes:
        pem: bytes = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return pem

    @property
    def certificate_pem(self) -> bytes:
        pem: bytes = self.certificate.public_bytes(serialization.Encoding.PEM)
        return pem


def make_identity(name: str, issuer: Identity | None = None) -> Identity:
    """Make a key, signed by the issuer; without one it is an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
    )
    signer = key if issuer is None else issuer.key
    return Identity(name, key, builder.sign(signer, hashes.SHA256()))


@pytest.fixture(scope="module")
def authority() -> Identity:
    return make_identity("authority")


@pytest.fixture(scope="module")
def server_identity(authority: Identity) -> Identity:
    return make_identity("server", authority)


def write_config(folder: Path, **fields: bytes | bool) -> Path:
    config = PROTOS.config_messages.SSLConfig()
    for name, value in fields.items():
        setattr(config, name, value.decode() if isinstance(value, bytes) else value)
    path = folder / "ssl.pbtxt"
    path.write_text(str(config))
    return path


@contextmanager
def serving_tls(plane: Any, config: Path) -> Iterator[str]:
    server = create_grpc_server(plane, GrpcOptions(), Observers(), NoTracing())
    port = server.add_secure_port("127.0.0.1:0", read_credentials(config))
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def predict(address: str, credentials: Any) -> list[float]:
    with grpc.secure_channel(address, credentials) as channel:
        stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        response = stub.Predict(predict_request("hp", x=floats(4.0)), timeout=TIMEOUT_S)
    return list(response.outputs["y"].float_val)


def test_server_key(
    plane: Any, authority: Identity, server_identity: Identity, tmp_path: Path
) -> None:
    config = write_config(
        tmp_path,
        server_key=server_identity.key_pem,
        server_cert=server_identity.certificate_pem,
    )
    with serving_tls(plane, config) as address:
        trusting = grpc.ssl_channel_credentials(authority.certificate_pem)
        assert predict(address, trusting) == [5.0]
        stranger = grpc.ssl_channel_credentials(make_identity("other").certificate_pem)
        assert error_of(lambda: predict(address, stranger))[0] == "UNAVAILABLE"


def test_clients_must_show_a_certificate(
    plane: Any, authority: Identity, server_identity: Identity, tmp_path: Path
) -> None:
    config = write_config(
        tmp_path,
        server_key=server_identity.key_pem,
        server_cert=server_identity.certificate_pem,
        custom_ca=authority.certificate_pem,
        client_verify=True,
    )
    client = make_identity("client", authority)
    root = authority.certificate_pem
    known = grpc.ssl_channel_credentials(root, client.key_pem, client.certificate_pem)
    nameless = grpc.ssl_channel_credentials(root)
    with serving_tls(plane, config) as address:
        assert predict(address, known) == [5.0]
        assert error_of(lambda: predict(address, nameless))[0] == "UNAVAILABLE"


BAD_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
BAD = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"server_key": b""}, "server_key is not a private key"),
        ({"server_key": b"key"}, "server_key is not a private key"),
        (
            {"server_key": b"/certs/key.pem"},
            "is not a private key in PEM text. It looks like a path",
        ),
        ({"server_key": BAD_KEY}, "server_key is not a private key"),
        ({"server_cert": b" "}, "server_cert is not a certificate in PEM text. It is empty"),
        ({"custom_ca": b"\n"}, "custom_ca is not a certificate in PEM text. It is empty"),
        ({"custom_ca": b"./ca.pem"}, "custom_ca is not a certificate .* looks like a path"),
        ({"server_cert": b""}, "server_cert is not a certificate"),
        ({"server_cert": BAD}, "server_cert is not a certificate"),
        ({"custom_ca": BAD}, "custom_ca is not a certificate"),
        ({"client_verify": True}, "client_verify needs custom_ca"),
    ],
)
def test_config_that_cannot_be_used(
    server_identity: Identity, tmp_path: Path, fields: dict[str, Any], text: str
) -> None:
    good = {
        "server_key": server_identity.key_pem,
        "server_cert": server_identity.certificate_pem,
    }
    path = write_config(tmp_path, **{**good, **fields})
    with pytest.raises(SettingsError, match=text) as caught:
        read_credentials(path)
    assert str(path) in caught.value.message


def test_a_file_that_is_no_config(tmp_path: Path) -> None:
    path = tmp_path / "ssl.pbtxt"
    path.write_text("server_kee: 'x'")
    with pytest.raises(SettingsError, match=r"ssl\.pbtxt is not an SSLConfig"):
        read_credentials(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.pbtxt cannot be read"):
        read_credentials(tmp_path / "none.pbtxt")


def rsa_key_pem(password: bytes | None = None, form: str = "PKCS8") -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    how = serialization.BestAvailableEncryption(password) if password else None
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        getattr(serialization.PrivateFormat, form),
        how or serialization.NoEncryption(),
    )
    return pem


@pytest.mark.parametrize("kind", ["same", "other", "chain"])
def test_a_key_of_another_certificate(authority: Identity, tmp_path: Path, kind: str) -> None:
    server = make_identity("server", authority)
    key, certificate = server.key_pem, server.certificate_pem
    if kind == "same":
        key = make_identity("other", authority).key_pem
    elif kind == "other":
        key = rsa_key_pem()
    else:  # the wrong way round
        certificate = authority.certificate_pem + certificate
    path = write_config(tmp_path, server_key=key, server_cert=certificate)
    text = f"^{path}: server_key and server_cert do not belong together; "
    with pytest.raises(SettingsError, match=text):
        read_credentials(path)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_an_encrypted_key(authority: Identity, tmp_path: Path, form: str) -> None:
    certificate = make_identity("server", authority).certificate_pem
    path = write_config(tmp_path, server_key=rsa_key_pem(b"x", form), server_cert=certificate)
    with pytest.raises(SettingsError, match=f"^{path}: server_key is encrypted, and gRPC cannot"):
        read_credentials(path)


def test_a_chain_whose_first_certificate_is_the_servers(
    authority: Identity, server_identity: Identity, tmp_path: Path
) -> None:
    chain = server_identity.certificate_pem + authority.certificate_pem
    path = write_config(tmp_path, server_key=server_identity.key_pem, server_cert=chain)
    assert read_credentials(path) is not None


def test_a_key_that_grpc_does_not_take_is_named_before_the_port(
    plane: Any, server_identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_config(
        tmp_path, server_key=server_identity.key_pem, server_cert=server_identity.certificate_pem
    )
    wrong = grpc.ssl_server_credentials([(rsa_key_pem(), server_identity.certificate_pem)])
    monkeypatch.setattr("serving.grpc_api.tls.read_credentials", lambda _path: wrong)
    settings = ServerSettings(port=0, rest_api_port=None, ssl_config_file=path)
    listeners = Listeners(plane, settings, Instruments(Observers(), NoTracing()))
    with pytest.raises(SettingsError, match=f"^{path}: gRPC cannot use this key and certificate"):
        listeners.open()
