"""What `bert-aas sign` and `bert-aas verify` do."""

from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.contracts.plain_text import printable
from bert_aas.contracts.signing import FolderSigner, FolderVerifier
from pipeline.console.messages import say
from pipeline.governance.asked import Asked
from pipeline.predictions.pushed_model import version_folder

if TYPE_CHECKING:
    from bert_aas.registry.deployments import Deployment
    from pipeline.governance.registries import RegisteredVersion


def sign_model(asked: Asked, key: Path) -> None:
    """Sign a model; that of a registered version gets a copy of the signature in the registry.

    Args:
        asked: Which one.
        key: File with a private key.
    """
    signer = FolderSigner(key)
    folder, deployed = _locate(asked)
    signer.sign(folder)
    say(f"signed: {printable(folder / SIGNATURE_FILE)}")
    if deployed:
        found, made = deployed
        found.registry.attach(found.version, {made.signature: folder / SIGNATURE_FILE})


def verify_model(asked: Asked, key: Path) -> None:
    """Verify a model; `SignatureError` says what is wrong with it.

    Args:
        asked: Which one.
        key: File with a public key.
    """
    verifier = FolderVerifier(key)
    folder, _ = _locate(asked)
    verifier.verify(folder)
    say(f"{printable(folder)} is signed with this key, and unchanged since")


def _locate(asked: Asked) -> "tuple[Path, tuple[RegisteredVersion, Deployment] | None]":
    """Find the version folder of a model; a folder that is named needs no metadata.

    Returns:
        The folder; of a registered version the one that it was deployed to last, with both.

    Raises:
        InvalidInputError: If there is none on this machine.
    """
    if _is_folder(asked.model):
        return version_folder(Path(absolute(asked.model))), None
    from pipeline.governance.models import find_unregistered, find_version

    version = find_version(asked)
    if version is not None:
        made = version.deployed_here()
        return Path(made.folder), (version, made)
    found = find_unregistered(asked).folder
    if is_remote(found) or not Path(found).is_dir():
        raise InvalidInputError(
            f"the model is in {found}, which is no folder of this machine; only such a folder "
            "can be signed or verified"
        )
    return Path(found), None


def _is_folder(model: str) -> bool:
    place = absolute(model)
    return not is_remote(place) and Path(place).is_dir()
