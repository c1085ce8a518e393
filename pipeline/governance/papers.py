"""The papers of a pushed model, in `cards/<version>/` beside its version folder.

Servers look for folders whose names are numbers, so neither ours nor TensorFlow Serving sees
`cards`. The version folder stays as it was published: a signature and a hash of it hold on.
"""

import json
import logging
import tempfile
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
from pipeline.config.card_file import read_card
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.governance.environments import environment_here
from pipeline.governance.facts import ReadModel, read_model
from pipeline.governance.models import Asked, FoundModel, find_model
from pipeline.governance.pictures import card_pictures, card_style

FOLDER = "cards"
MARKDOWN_FILE = "model_card.md"
PAGE_FILE = "model_card.html"
BILL_FILE = "bom.cdx.json"
"""The name by which tools know a bill of materials of CycloneDX."""

_RECORD_FILE = "recorded.json"
_AT_PUSH = "Python and packages are those of the process that ended the run."
_LATER = (
    "Python and packages are those of the machine that wrote this paper; what they were when the "
    "model was pushed is not recorded."
)

_logger = logging.getLogger(__name__)


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


FORMATS: Mapping[str, Callable[[Papers], str]] = {
    "markdown": Papers.markdown,
    "html": Papers.page,
    "sagemaker": Papers.sagemaker,
    "huggingface": Papers.huggingface,
}


def read_papers(found: FoundModel, human: CardParams | None = None) -> Papers:
    """Read what the papers of a pushed model say.

    Args:
        found: The model.
        human: What people say of it; by default what was recorded when it was pushed.

    Returns:
        The papers.
    """
    kept, environment = _record(found.folder)
    model = read_model(found, environment or environment_here(_LATER))
    return Papers(model, human or kept)


def write_papers_once(config: PipelineConfig, summary: Mapping[str, Any]) -> None:
    """Write the papers of the model that a run has pushed, unless they are there.

    Whatever goes wrong is logged: the model is pushed, and its papers can be written later.

    Args:
        config: The configuration of the run.
        summary: The content of `run.json`.
    """
    folder, url = summary["pushed_model"], config.metadata.url
    if not folder or _is_there(papers_folder(folder)):
        return
    try:
        found = find_model(Asked(folder, None if url else config.output_dir, url))
        model = read_model(found, environment_here(_AT_PUSH))
        papers = Papers(model, read_card(config.card))
        with tempfile.TemporaryDirectory() as place:
            _fill(Path(place), papers)
            _publish(Path(place), papers_folder(folder))
    except Exception:  # the run has ended well
        _logger.warning("the papers of %s cannot be written", folder, exc_info=True)


def papers_folder(folder: str) -> str:
    """Say where the papers of a version are.

    Args:
        folder: The version folder, a path or a URI.

    Returns:
        A folder beside it.
    """
    base, _, version = folder.rstrip("/").rpartition("/")
    return f"{base}/{FOLDER}/{version}"


def _fill(place: Path, papers: Papers) -> None:
    (place / PAGE_FILE).write_text(papers.page(), encoding="utf-8")
    (place / MARKDOWN_FILE).write_text(papers.markdown(), encoding="utf-8")
    (place / BILL_FILE).write_text(papers.bill_of_materials(), encoding="utf-8")
    record = {
        "human": papers.human.model_dump(mode="json", exclude_none=True),
        "environment": asdict(papers.model.facts.environment),
    }
    (place / _RECORD_FILE).write_text(printable_json(record), encoding="utf-8")


def _publish(place: Path, folder: str) -> None:
    """Put finished files where they belong, the page last: it says that all are there."""
    files = sorted(place.iterdir(), key=lambda file: file.name == PAGE_FILE)
    if not is_remote(folder):
        for file in files:
            write_text(Path(folder, file.name), file.read_text(encoding="utf-8"))
        return
    from tfx.dsl.io import fileio

    fileio.makedirs(folder)
    for file in files:
        fileio.copy(str(file), f"{folder}/{file.name}", overwrite=True)


def _is_there(folder: str) -> bool:
    if not is_remote(folder):
        return Path(folder, PAGE_FILE).is_file()
    from tfx.dsl.io import fileio

    return bool(fileio.exists(f"{folder}/{PAGE_FILE}"))


def _record(folder: str) -> tuple[CardParams, Environment | None]:
    """Read what was recorded when a model was pushed; a damaged record counts as none."""
    try:
        content = json.loads(_read(f"{papers_folder(folder)}/{_RECORD_FILE}"))
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
