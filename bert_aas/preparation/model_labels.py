"""How a run mapped its labels, in a file that travels with the model.

The model answers with classes. A file of the data has labels as people gave them, so who compares
both must map them as the run did.
"""

from pathlib import Path

from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.labels import LabelMap
from bert_aas.preparation.params import LabelRules

LABEL_RULES_FILE = "assets.extra/label_rules.json"
"""In the folder of the SavedModel; a model whose run mapped no label has no such file."""


def model_label_map(version_folder: Path) -> LabelMap:
    """Read how the run of a model mapped its labels.

    Args:
        version_folder: The folder of the SavedModel.

    Returns:
        The map; it leaves labels as they are if the run did.

    Raises:
        InvalidInputError: If the file is damaged.
    """
    file = version_folder / LABEL_RULES_FILE
    if not file.is_file():
        return LabelMap()
    try:
        rules = LabelRules.model_validate_json(file.read_bytes())
    except ValidationError as exc:
        raise InvalidInputError(f"{file} is damaged, or a later release wrote it") from exc
    return LabelMap(rules.label_map, rules.drop_labels)
