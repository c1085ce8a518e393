"""How a run mapped its labels: beside the model that it made, and of several runs in turn.

The model answers with classes. A file of the data has labels as people gave them, so who compares
both must map them as the run did.
"""

from collections import defaultdict
from pathlib import Path

from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.label_rules import LabelRules
from bert_aas.preparation.labels import LabelMap, same_class

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


def in_turn(first: LabelRules | None, then: LabelRules | None) -> LabelRules | None:
    """Join the rules of a run with those of another one that went on with its labels.

    Args:
        first: Those of the run that read the labels as people gave them; None: no rule.
        then: Those of the run that read what the first one made of them.

    Returns:
        Rules that do both at once; None: no rule.
    """
    if first is None or then is None:
        return first or then
    one, other = (LabelMap(rules.label_map, rules.drop_labels) for rules in (first, then))
    named = [label for labels in first.label_map.values() for label in labels]
    known = {*map(same_class, named), *map(same_class, first.drop_labels)}
    named += [
        label
        for labels in then.label_map.values()
        for label in labels
        if same_class(label) not in known
    ]
    joined: defaultdict[str, list[str]] = defaultdict(list)
    for label in named:
        joined[one(label) if one.drops(label) else other(one(label))].append(label)
    return LabelRules(
        label_map={name: tuple(labels) for name, labels in joined.items()},
        drop_labels=tuple(dict.fromkeys([*first.drop_labels, *then.drop_labels])),
    )
