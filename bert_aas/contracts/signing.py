"""Sign a model's folder, and verify it: every file, none more, none less.

The signature is the file `model.sig` in the folder: a Sigstore bundle by an elliptic-curve key.
Needs the extra `sign`, whose packages take seconds to import: nothing here imports them before
something is signed or verified.

Source:
    OpenSSF Model Signing 1.0; the package `model-signing`, whose command line reads and writes the
    same signatures.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bert_aas.contracts.errors import InvalidInputError, ViolationError
from bert_aas.contracts.extras import missing_extras, sentence
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.contracts.plain_text import printable

if TYPE_CHECKING:
    from model_signing import hashing

_LIBRARY = "model_signing"
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MAY_BE_LEFT_OUT = frozenset({SIGNATURE_FILE, ".git", ".gitattributes", ".github", ".gitignore"})
"""What `model_signing` leaves out of its own accord; none of it is read when a model is loaded."""

_DIFFERENCES = (
    ("changed", re.compile(r"Hash mismatch for '(.*?)': Expected")),
    ("added", re.compile(r"Extra files found in model '.*?': (.*?)[\"'](?:,|\])")),
    ("missing", re.compile(r"Missing files in model '.*?': (.*?)[\"'](?:,|\])")),
)
_LINK = re.compile(r"Cannot use '(.*)' because it is a symlink")
_MAKE_KEY = "`openssl ecparam -name prime256v1 -genkey -noout -out key.pem` makes one"
_MAKE_PUBLIC = "`openssl ec -in key.pem -pubout -out public.pem` writes it"


class SignatureError(ViolationError):
    """A folder is not signed, not by this key, or not as it was signed."""


class FolderSigner:
    """Signs folders with one key."""

    def __init__(self, key: Path) -> None:
        """Read the key.

        Args:
            key: File with a private key: elliptic curve, PEM, without a password.

        Raises:
            InvalidInputError: If it is none, or the extra `sign` is not installed.
        """
        with missing_extras():
            from model_signing import signing  # noqa: PLC0415 (an extra, and slow)
        _check_private(key)
        self._config = signing.Config().use_elliptic_key_signer(private_key=key)
        self._config.set_hashing_config(_hashing())

    def sign(self, folder: Path) -> None:
        """Sign a folder; a signature that is there is replaced.

        Args:
            folder: The folder of a model.

        Raises:
            InvalidInputError: If it holds links, or cannot be read or written.
        """
        place = folder.resolve()
        try:
            # Not inside: while it is hashed, the folder must hold nothing else.
            with _outside() as file:
                self._config.sign(place, file)
                write_text(place / SIGNATURE_FILE, file.read_text(encoding="utf-8"))
        except ValueError as exc:
            raise InvalidInputError(f"{folder} cannot be signed: {_reason(exc, place)}") from exc
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            raise InvalidInputError(f"{folder} cannot be signed: {reason}") from exc


class FolderVerifier:
    """Verifies folders with one key."""

    def __init__(self, key: Path) -> None:
        """Read the key.

        Args:
            key: File with a public key: elliptic curve, PEM.

        Raises:
            InvalidInputError: If it is none, or the extra `sign` is not installed.
        """
        with missing_extras():
            from model_signing import verifying  # noqa: PLC0415 (an extra, and slow)
        _check_public(key)
        self._key = key
        self._configure: Callable[[], Any] = verifying.Config

    def verify(self, folder: Path) -> None:
        """Verify that a folder holds what was signed, and nothing else.

        Args:
            folder: The folder of a model.

        Raises:
            SignatureError: If it is not signed, by another key, or not as it was signed.
        """
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (as above)

        place = folder.resolve()
        signature = place / SIGNATURE_FILE
        if not signature.is_file():
            raise SignatureError(f"{folder} is not signed: it has no {SIGNATURE_FILE}")
        config = self._configure().use_elliptic_key_verifier(public_key=self._key)
        try:
            config.set_hashing_config(_hashing()).verify(place, signature)
            left_out = _left_out(signature)
        except (ValueError, LookupError, TypeError, OSError, InvalidSignature) as exc:
            raise SignatureError(f"{folder} is refused: {_reason(exc, place)}") from exc
        if left_out:
            names = printable(", ".join(left_out))
            raise SignatureError(f"{folder} is refused: its signature leaves out {names}")


def check_signing_key(key: Path) -> None:
    """Refuse a key with which nothing could be signed, before any work.

    Args:
        key: File with a private key.

    Raises:
        InvalidInputError: If it is none, or the extra `sign` is not installed.
    """
    if find_spec(_LIBRARY) is None:
        raise InvalidInputError(sentence(ModuleNotFoundError(name=_LIBRARY)))
    _check_private(key)


@contextmanager
def _outside() -> Iterator[Path]:
    import tempfile  # noqa: PLC0415 (for signing alone)

    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, SIGNATURE_FILE)


def _hashing() -> "hashing.Config":
    from model_signing import hashing  # noqa: PLC0415 (an extra, and slow)

    config = hashing.Config()
    return config.set_ignored_paths(paths=[SIGNATURE_FILE], ignore_git_paths=False)


def _left_out(signature: Path) -> list[str]:
    """List what a verified signature does not cover."""
    bundle = json.loads(signature.read_text(encoding="utf-8"))
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    named = statement["predicate"]["serialization"].get("ignore_paths", ())
    return sorted({str(name) for name in named} - _MAY_BE_LEFT_OUT)


def _reason(exc: Exception, folder: Path) -> str:
    """Put into words what the library says."""
    text = str(exc).replace("\\'", "'")  # as Python writes texts that hold both kinds of quotes
    if text.startswith("Key mismatch"):
        return "it was signed with another key"
    link = _LINK.search(text)
    if link:
        name = link[1].removeprefix(f"{folder}/")
        return f"it holds the link {printable(name)}, and a link can come to mean anything"
    found = [
        f"{what} {printable(', '.join(names))}"
        for what, pattern in _DIFFERENCES
        if (names := pattern.findall(text))
    ]
    if found:
        return f"not as it was signed: {'; '.join(found)}"
    return f"its {SIGNATURE_FILE} is damaged, or no signature with this key"


def _check_private(key: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 (an extra)
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    content = _read(key)
    try:
        found = load_pem_private_key(content, password=None)
    except TypeError as exc:
        raise InvalidInputError(
            f"the key {key} has a password; give one without: `openssl ec -in {key} -out key.pem`"
        ) from exc
    except ValueError as exc:
        raise InvalidInputError(f"{key} holds no private key in PEM; {_MAKE_KEY}") from exc
    _check_curve(key, found if isinstance(found, ec.EllipticCurvePrivateKey) else None, _MAKE_KEY)


def _check_public(key: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 (an extra)
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_public_key,
    )

    content = _read(key)
    try:
        found = load_pem_public_key(content)
    except ValueError as exc:
        raise InvalidInputError(f"{key} holds no public key in PEM; {_MAKE_PUBLIC}") from exc
    _check_curve(key, found if isinstance(found, ec.EllipticCurvePublicKey) else None, _MAKE_KEY)


def _check_curve(key: Path, found: Any, cure: str) -> None:
    if found is None or found.curve.name not in _CURVES:
        allowed = ", ".join(sorted(_CURVES))
        raise InvalidInputError(
            f"the key {key} is of a kind that cannot sign models; allowed are the elliptic curves "
            f"{allowed}; {cure}"
        )


def _read(key: Path) -> bytes:
    try:
        return key.read_bytes()
    except OSError as exc:
        raise InvalidInputError(f"the key {key} cannot be read: {exc.strerror}") from exc
