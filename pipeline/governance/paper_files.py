"""Where the papers of a model are: beside its version folder, and among its files in a registry.

Servers look for folders whose names are numbers, so neither ours nor TensorFlow Serving sees
`cards`. The version folder stays as it was published: a signature and a hash of it hold on.
"""

import tempfile
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.hashes import file_hash
from pipeline.governance.registries import RegisteredVersion

FOLDER = "cards"
MARKDOWN_FILE = "model_card.md"
PAGE_FILE = "model_card.html"
BILL_FILE = "bom.cdx.json"
"""The name by which tools know a bill of materials of CycloneDX."""
RECORD_FILE = "recorded.json"
FILES = (MARKDOWN_FILE, BILL_FILE, RECORD_FILE, PAGE_FILE)
"""The page last: it says that all are there."""

_REGISTERED = "card"


def papers_folder(folder: str) -> str:
    """Say where the papers of a version are.

    Args:
        folder: The version folder, a path or a URI.

    Returns:
        A folder beside it.
    """
    base, _, version = folder.rstrip("/").rpartition("/")
    return f"{base}/{FOLDER}/{version}"


def registered_name(file: str) -> str:
    """Say what a paper is called among the files of a registered version."""
    return f"{_REGISTERED}/{file}"


def registered_paper(found: RegisteredVersion, file: str) -> str | None:
    """Fetch a paper of a registered version.

    Args:
        found: The version.
        file: Name of the paper.

    Returns:
        Its text; `None` if the version has none.

    Raises:
        InvalidInputError: If it is not the one that was registered.
    """
    name = registered_name(file)
    digest = found.version.evidence.get(name)
    if digest is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        fetched = found.registry.store.file(found.version, name, Path(folder))
        if file_hash(fetched) != digest:
            raise InvalidInputError(
                f"the file {name} of {found.name} in the registry was changed since it was "
                "registered; `bert-aas models verify` says what else was"
            )
        return fetched.read_text(encoding="utf-8")


def put_beside(found: RegisteredVersion, folder: str) -> None:
    """Put the papers of a registered version beside the folder that it was deployed to.

    Args:
        found: The version.
        folder: The version folder, on this machine.
    """
    place = Path(papers_folder(folder))
    if (place / PAGE_FILE).is_file():
        return
    for file in FILES:
        text = registered_paper(found, file)
        if text is not None:
            write_text(place / file, text)
