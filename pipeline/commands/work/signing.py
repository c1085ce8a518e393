"""What `bert-aas sign` and `bert-aas verify` do."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.contracts.plain_text import printable
from bert_aas.contracts.signing import FolderSigner, FolderVerifier
from pipeline.console.messages import say
from pipeline.predictions.pushed_model import version_folder

if TYPE_CHECKING:
    from pipeline.governance.registries import RegisteredVersion


@dataclass(frozen=True)
class ModelName:
    """Which model the user means.

    Attributes:
        model: A version folder, a folder of versions, the id of a run, or the name of a registered
            version.
        output_dir: The output folder of the run.
        metadata_url: The address of its metadata instead.
        registry: Where the registry is.
    """

    model: str
    output_dir: str | None = None
    metadata_url: str | None = None
    registry: str | None = None

    def version(self) -> "RegisteredVersion | None":
        """Look it up in the registry, if that is how it is named."""
        if _is_folder(self.model):
            return None
        from pipeline.governance.models import Asked, find_version

        return find_version(Asked(self.model, self.output_dir, self.metadata_url, self.registry))

    def folder(self) -> Path:
        """Find its folder; a folder that is named needs no metadata.

        Returns:
            The version folder; of a registered version the one that it was deployed to last.

        Raises:
            InvalidInputError: If there is none on this machine.
        """
        if _is_folder(self.model):
            return version_folder(Path(absolute(self.model)))
        version = self.version()
        if version is not None:
            return Path(version.deployed_here().folder)
        from pipeline.governance.models import Asked, find_model

        asked = Asked(self.model, self.output_dir, self.metadata_url, self.registry)
        found = find_model(asked).folder
        if is_remote(found) or not Path(found).is_dir():
            raise InvalidInputError(
                f"the model is in {found}, which is no folder of this machine; only such a folder "
                "can be signed or verified"
            )
        return Path(found)


def sign_model(name: ModelName, key: Path) -> None:
    """Sign a model; that of a registered version gets a copy of the signature in the registry.

    Args:
        name: Which one.
        key: File with a private key.
    """
    signer, version = FolderSigner(key), name.version()
    made = version.deployed_here() if version else None
    folder = Path(made.folder) if made else name.folder()
    signer.sign(folder)
    say(f"signed: {printable(folder / SIGNATURE_FILE)}")
    if version and made:
        version.registry.attach(version.version, {made.signature: folder / SIGNATURE_FILE})


def verify_model(name: ModelName, key: Path) -> None:
    """Verify a model; `SignatureError` says what is wrong with it.

    Args:
        name: Which one.
        key: File with a public key.
    """
    verifier, folder = FolderVerifier(key), name.folder()
    verifier.verify(folder)
    say(f"{printable(folder)} is signed with this key, and unchanged since")


def _is_folder(model: str) -> bool:
    place = absolute(model)
    return not is_remote(place) and Path(place).is_dir()
