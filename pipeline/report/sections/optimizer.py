"""The faster forms of the model, and why each was kept or not."""

import json
import math
from dataclasses import dataclass, fields

from bert_aas.contracts.model_forms import FOLDER, MANIFEST
from components.tfrecords import read_file
from pipeline.report.section import OutputSection

VARIANTS_FILE = f"Format-Serving/{FOLDER}/{MANIFEST}"


@dataclass(frozen=True)
class VariantRow:
    """A faster form of the model beside the SavedModel.

    Attributes:
        name: For example `bf16`.
        kept: Whether the server may use it.
        reason: Why, or why not.
        single_speedup: For one row; over the SavedModel, in the processor's time.
        batch_speedup: For 32 rows.
        accuracy: On the rows compared.
        agreement: Share of these rows with the SavedModel's label.
    """

    name: str
    kept: bool
    reason: str
    single_speedup: float
    batch_speedup: float
    accuracy: float
    agreement: float


@dataclass(frozen=True)
class Variants:
    """What the Optimizer compared: rows of the eval split, the SavedModel's accuracy, variants.

    Where there is nothing to compare, or less than usual, the note says why.
    """

    rows: int
    accuracy: float
    cpu: str
    variants: tuple[VariantRow, ...]
    note: str | None = None


def read_variants(uri: str) -> Variants:
    """Read what the Optimizer measured and decided.

    Args:
        uri: Folder of the Optimizer's `model`.

    Returns:
        The section.
    """
    content = json.loads(read_file(f"{uri}/{VARIANTS_FILE}"))
    names = [field.name for field in fields(VariantRow)]
    variants = tuple(
        VariantRow(**{name: entry[name] for name in names}) for entry in content["variants"]
    )
    accuracy = content.get("reference", {}).get("accuracy", math.nan)
    return Variants(
        content.get("rows", 0), accuracy, content.get("cpu", ""), variants, content.get("note")
    )


SECTION = OutputSection(
    name="optimizer",
    title="Optimizer",
    node="Optimizer",
    output="model",
    setting="optimize.enabled=true",
    read=lambda made, _: read_variants(made.uri),
)
