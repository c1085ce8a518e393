"""Signatures of folders: what they hold against, and that others read and write the same."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.signing import FolderSigner, FolderVerifier, SignatureError
from tests.signing_keys import KeyPair, write_keys

ADDED, CHANGED, MISSING = "added extra", "changed variables/data", "missing variables/data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "it's a model" / "7"
    (made / "variables").mkdir(parents=True)
    (made / "saved_model.pb").write_bytes(b"graph")
    (made / "variables" / "data").write_bytes(b"weights")
    return made


@pytest.fixture
def keys(tmp_path: Path) -> KeyPair:
    return write_keys(tmp_path)


def refused(folder: Path, keys: KeyPair) -> str:
    with pytest.raises(SignatureError) as error:
        FolderVerifier(keys.public).verify(folder)
    sentence = str(error.value)
    assert sentence.startswith(str(folder))
    assert "\n" not in sentence
    return sentence


def change_a_byte(folder: Path) -> None:
    (folder / "variables" / "data").write_bytes(b"weighty")


def remove_a_file(folder: Path) -> None:
    (folder / "variables" / "data").unlink()


def add_a_file(folder: Path) -> None:
    (folder / "extra").write_text("x")


def add_a_hidden_file(folder: Path) -> None:
    (folder / ".gitignore").write_text("x")


def put_a_link(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.write_bytes(b"weights")
    remove_a_file(folder)
    (folder / "variables" / "data").symlink_to(elsewhere)


def test_a_signed_folder_is_as_it_was(folder: Path, keys: KeyPair) -> None:
    FolderSigner(keys.private).sign(folder)
    FolderVerifier(keys.public).verify(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "model.sig",
        "saved_model.pb",
        "variables",
    ]


def test_it_may_move_and_be_reached_by_a_link(folder: Path, keys: KeyPair) -> None:
    FolderSigner(keys.private).sign(folder)
    moved = folder.rename(folder.with_name("8"))
    link = folder.with_name("link")
    link.symlink_to(moved)
    FolderVerifier(keys.public).verify(link)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_a_byte, "not as it was signed: changed variables/data"),
        (remove_a_file, "not as it was signed: missing variables/data"),
        (add_a_file, "not as it was signed: added extra"),
        (add_a_hidden_file, "not as it was signed: added .gitignore"),
        (put_a_link, "it holds the link variables/data"),
        (lambda made: (made / "model.sig").unlink(), "is not signed: it has no model.sig"),
        (lambda made: (made / "model.sig").write_text("{"), "its model.sig is damaged"),
        (lambda made: (made / "model.sig").write_text("{}"), "its model.sig is damaged"),
        (lambda made: (made / "model.sig").write_bytes(b"\xff"), "its model.sig is damaged"),
    ],
)
def test_whatever_happens_to_it_is_refused(
    folder: Path, keys: KeyPair, change: Callable[[Path], object], sentence: str
) -> None:
    FolderSigner(keys.private).sign(folder)
    change(folder)
    assert sentence in refused(folder, keys)


def test_several_changes_are_named_together(folder: Path, keys: KeyPair) -> None:
    FolderSigner(keys.private).sign(folder)
    for change in (change_a_byte, add_a_file):
        change(folder)
    (folder / "saved_model.pb").unlink()
    found = refused(folder, keys)
    assert "changed variables/data; added extra; missing saved_model.pb" in found


def test_another_key_is_refused(folder: Path, tmp_path: Path, keys: KeyPair) -> None:
    FolderSigner(keys.private).sign(folder)
    assert "it was signed with another key" in refused(folder, write_keys(tmp_path, "other"))
    FolderSigner(write_keys(tmp_path, "third").private).sign(folder)
    assert "it was signed with another key" in refused(folder, keys)


def test_a_forged_statement_is_refused(folder: Path, keys: KeyPair) -> None:
    """What was signed is replaced by what the folder now holds; the signature stays."""
    FolderSigner(keys.private).sign(folder)
    before = json.loads((folder / "model.sig").read_text())
    change_a_byte(folder)
    FolderSigner(write_keys(folder.parent, "thief").private).sign(folder)
    forged = json.loads((folder / "model.sig").read_text())
    envelope = before["dsseEnvelope"]
    envelope["payload"] = forged["dsseEnvelope"]["payload"]
    (folder / "model.sig").write_text(json.dumps(before))
    assert "its model.sig is damaged, or no signature with this key" in refused(folder, keys)
    assert base64.b64decode(envelope["payload"])  # it was a statement


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()])
def test_other_curves(folder: Path, tmp_path: Path, curve: ec.EllipticCurve) -> None:
    keys = write_keys(tmp_path, "other", curve)
    FolderSigner(keys.private).sign(folder)
    FolderVerifier(keys.public).verify(folder)


def test_keys_that_are_none(tmp_path: Path, keys: KeyPair) -> None:
    others = write_keys(tmp_path, "odd", ec.SECP256K1())
    locked, big = tmp_path / "locked.pem", tmp_path / "rsa.pem"
    for file, key, lock in (
        (locked, ec.generate_private_key(ec.SECP256R1()), b"secret"),
        (big, rsa.generate_private_key(65537, 2048), None),
    ):
        how = serialization.BestAvailableEncryption(lock) if lock else serialization.NoEncryption()
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write_bytes(key.private_bytes(pem, form, how))
    absent = tmp_path / "absent.pem"
    for key_file, sentence in (
        (keys.public, "holds no private key in PEM"),
        (others.private, "is of a kind that cannot sign models"),
        (big, "is of a kind that cannot sign models"),
        (locked, "has a password"),
        (absent, "cannot be read: No such file"),
    ):
        with pytest.raises(InvalidInputError, match=sentence):
            FolderSigner(key_file)
    for key_file, sentence in (
        (keys.private, "holds no public key in PEM"),
        (others.public, "is of a kind that cannot sign models"),
        (absent, "cannot be read: No such file"),
    ):
        with pytest.raises(InvalidInputError, match=sentence):
            FolderVerifier(key_file)


def test_a_folder_with_links_cannot_be_signed(folder: Path, keys: KeyPair) -> None:
    put_a_link(folder)
    with pytest.raises(InvalidInputError, match="holds the link variables/data"):
        FolderSigner(keys.private).sign(folder)
    assert not (folder / "model.sig").exists()


def model_signing(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "model_signing", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_of_others_reads_ours(folder: Path, keys: KeyPair) -> None:
    FolderSigner(keys.private).sign(folder)
    given = (
        *("verify", "key", folder, "--signature", folder / "model.sig"),
        *("--public_key", keys.public),
    )
    assert model_signing(*given).returncode == 0
    change_a_byte(folder)
    assert model_signing(*given).returncode != 0


def test_we_read_theirs_unless_it_leaves_files_out(folder: Path, keys: KeyPair) -> None:
    given = (
        *("sign", "key", folder, "--signature", folder / "model.sig"),
        *("--private_key", keys.private),
    )
    assert model_signing(*given).returncode == 0
    FolderVerifier(keys.public).verify(folder)
    assert model_signing(*given, "--ignore-paths", folder / "variables").returncode == 0
    assert "its signature leaves out variables" in refused(folder, keys)
