"""The papers of a model: its card and its bill of materials."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bert_aas.cards.bill_of_materials import bill_of_materials
from bert_aas.cards.document import card_document
from bert_aas.cards.facts import Environment, Package
from bert_aas.cards.hugging_face import readme
from bert_aas.cards.human import CardParams
from bert_aas.cards.markdown import card_markdown
from bert_aas.cards.page import card_page
from bert_aas.cards.sagemaker import sagemaker_card
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.plain_text import printable_json
from pipeline.governance.asked import Asked
from pipeline.governance.environments import environment_here
from pipeline.governance.facts import ReadModel, read_model
from pipeline.governance.models import FoundModel, find_model, find_version, model_of
from pipeline.governance.paper_files import (
    BILL_FILE,
    MARKDOWN_FILE,
    PAGE_FILE,
    RECORD_FILE,
    papers_folder,
    registered_paper,
)
from pipeline.governance.pictures import card_pictures, card_style

_LATER = (
    "Python and packages are those of the machine that wrote this paper; what they were when the "
    "model was pushed is not recorded."
)


@dataclass(frozen=True)
class Papers:
    """What the papers of a model are written from.

    Attributes:
        model: The model as it was read.
        human: What people say of it.
    """

    model: ReadModel
    human: CardParams

    def markdown(self) -> str:
        """Write the card as Markdown."""
        return card_markdown(card_document(self.model.facts, self.human))

    def page(self) -> str:
        """Write the card as HTML."""
        document = card_document(self.model.facts, self.human)
        return card_page(document, card_pictures(self.model), card_style())

    def sagemaker(self) -> str:
        """Write the card as SageMaker's JSON."""
        return printable_json(sagemaker_card(self.model.facts, self.human)) + "\n"

    def bill_of_materials(self) -> str:
        """Write the bill of materials in CycloneDX."""
        return printable_json(bill_of_materials(self.model.facts, self.human)) + "\n"

    def huggingface(self) -> str:
        """Write the card as Hugging Face's `README.md`."""
        return readme(self.model.facts, self.human)


WRITERS: Mapping[str, Callable[[Papers], str]] = {
    "markdown": Papers.markdown,
    "html": Papers.page,
    "sagemaker": Papers.sagemaker,
    "huggingface": Papers.huggingface,
    "bill": Papers.bill_of_materials,
}
_REGISTERED = {"markdown": MARKDOWN_FILE, "html": PAGE_FILE, "bill": BILL_FILE}
"""What a registered version has as a file."""


def read_papers(found: FoundModel, human: CardParams | None = None) -> Papers:
    """Read what the papers of a pushed model say.

    Args:
        found: The model.
        human: What people say of it; by default what was recorded when it was pushed.

    Returns:
        The papers.
    """
    kept, environment = _record(found)
    model = read_model(found, environment or environment_here(_LATER))
    return Papers(model, human or kept)


def paper_text(asked: Asked, kind: str, human: CardParams | None = None) -> str:
    """Write a paper of a model; that of a registered version is the one in the registry.

    Args:
        asked: Which model.
        kind: `bill`, or a format of the card.
        human: What people say of it; by default what was recorded.

    Returns:
        The text.
    """
    version, found = find_version(asked), None
    if version is None:
        found = find_model(asked)
        version = found.registered
    file = _REGISTERED.get(kind)
    if version and file and human is None:
        text = registered_paper(version, file)
        if text is not None:
            return text
    if found is None:
        assert version is not None  # noqa: S101 - one of the two was found
        found = model_of(version, asked)
    return WRITERS[kind](read_papers(found, human))


def fill(place: Path, papers: Papers) -> None:
    """Write all papers of a model.

    Args:
        place: A folder of this machine.
        papers: The papers.
    """
    (place / PAGE_FILE).write_text(papers.page(), encoding="utf-8")
    (place / MARKDOWN_FILE).write_text(papers.markdown(), encoding="utf-8")
    (place / BILL_FILE).write_text(papers.bill_of_materials(), encoding="utf-8")
    record = {
        "human": papers.human.model_dump(mode="json", exclude_none=True),
        "environment": asdict(papers.model.facts.environment),
    }
    (place / RECORD_FILE).write_text(printable_json(record), encoding="utf-8")


def publish(place: Path, folder: str) -> None:
    """Put finished files where they belong, the page last: it says that all are there.

    Args:
        place: The folder with the files.
        folder: Where they belong, a path or a URI.
    """
    files = sorted(place.iterdir(), key=lambda file: file.name == PAGE_FILE)
    if not is_remote(folder):
        for file in files:
            write_text(Path(folder, file.name), file.read_text(encoding="utf-8"))
        return
    from tfx.dsl.io import fileio

    fileio.makedirs(folder)
    for file in files:
        fileio.copy(str(file), f"{folder}/{file.name}", overwrite=True)


def are_there(folder: str) -> bool:
    """Tell whether the papers of a model are there.

    Args:
        folder: Where they belong, a path or a URI.

    Returns:
        Whether all are.
    """
    if not is_remote(folder):
        return Path(folder, PAGE_FILE).is_file()
    from tfx.dsl.io import fileio

    return bool(fileio.exists(f"{folder}/{PAGE_FILE}"))


def _record(found: FoundModel) -> tuple[CardParams, Environment | None]:
    """Read what was recorded when a model was made; a damaged record counts as none."""
    try:
        registered = registered_paper(found.registered, RECORD_FILE) if found.registered else None
        content = json.loads(registered or _read(f"{papers_folder(found.folder)}/{RECORD_FILE}"))
        human = CardParams.model_validate_json(json.dumps(content["human"]))
        return human, _environment(content["environment"])
    except (OSError, ValueError, TypeError, KeyError, ValidationError):
        return CardParams(), None


def _read(location: str) -> bytes:
    if not is_remote(location):
        return Path(location).read_bytes()
    from tfx.dsl.io import fileio

    with fileio.open(location, "rb") as file:
        return bytes(file.read())


def _environment(content: dict[str, Any]) -> Environment:
    packages = tuple(Package(**one) for one in content.pop("packages"))
    return Environment(**content, packages=packages)
