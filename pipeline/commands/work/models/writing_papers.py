"""What `bert-aas card` and `bert-aas sbom` do."""

from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.files.opened_files import check_place
from pipeline.commands.work.printing import print_or_write
from pipeline.config.card_file import read_card_file
from pipeline.governance.asked import Asked
from pipeline.governance.papers import paper_text


@dataclass(frozen=True)
class CardRequest:
    """What the user asked for.

    Attributes:
        asked: Which model.
        file_format: `markdown`, `html`, `sagemaker` or `huggingface`.
        card_file: What people say of it.
        output: The file to write.
    """

    asked: Asked
    file_format: str = "markdown"
    card_file: Path | None = None
    output: Path | None = None


def write_card(request: CardRequest) -> None:
    """Print the card of a model, or write it.

    Args:
        request: What the user asked for.
    """
    human = read_card_file(request.card_file) if request.card_file else None
    if request.output:
        check_place(request.output)
    print_or_write(paper_text(request.asked, request.file_format, human), request.output)


def write_bill(asked: Asked, output: Path | None) -> None:
    """Print the bill of materials of a model, or write it.

    Args:
        asked: Which model.
        output: The file to write.
    """
    if output:
        check_place(output)
    print_or_write(paper_text(asked, "bill"), output)
