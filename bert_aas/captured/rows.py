"""The rows of a captured request: what was asked and answered of each text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bert_aas.captured.events import Event

_TEXTS = ("text", "text_pair")
_PAIR = 2

Values = Mapping[str, Any]


@dataclass(frozen=True)
class CapturedRow:
    """One text, or what else a model takes, with its answer.

    Attributes:
        row: Its place in the request, from 0.
        asked: Inputs or features by name.
        answered: Outputs by name; of classify `classes` and `scores`, of regress `outputs`.
    """

    row: int
    asked: Values
    answered: Values = field(default_factory=dict)

    @property
    def texts(self) -> tuple[str | None, str | None]:
        """The text, and the second one of a pair."""
        first, second = (self.asked.get(name) for name in _TEXTS)
        if first is None:
            strings = [value for value in self.asked.values() if isinstance(value, str)]
            first = strings[0] if len(strings) == 1 else None
        return _text(first), _text(second)

    @property
    def label(self) -> tuple[str | None, float | None]:
        """The class that was answered, and its probability."""
        scores = self.answered.get("probabilities", self.answered.get("scores"))
        best = max(scores) if _are_numbers(scores) else None
        label = self.answered.get("label")
        classes = self.answered.get("classes")
        if label is None and best is not None and isinstance(classes, list):
            label = classes[scores.index(best)] if len(classes) == len(scores) else None
        return _text(label), best


def rows_of(event: Event) -> Iterator[CapturedRow]:
    """Take a request apart.

    Args:
        event: The request.

    Yields:
        A row for each text; one for the whole request where it cannot be taken apart.
    """
    asked, answered = _asked(event.asked), _answered(event.answered)
    if len(asked) != len(answered):
        asked, answered = [{"request": event.asked}], [{"answer": event.answered}]
    for number, (inputs, outputs) in enumerate(zip(asked, answered, strict=True)):
        yield CapturedRow(number, inputs, outputs)


def _asked(body: Any) -> Sequence[Values]:
    if isinstance(body, dict) and isinstance(body.get("inputs"), dict):
        return _in_rows(body["inputs"])
    if isinstance(body, dict) and isinstance(body.get("examples"), list):
        return [one if isinstance(one, dict) else {"example": one} for one in body["examples"]]
    return [{"request": body}]


def _answered(body: Any) -> Sequence[Values]:
    if isinstance(body, dict) and isinstance(body.get("outputs"), dict):
        return _in_rows(body["outputs"])
    if isinstance(body, dict) and isinstance(body.get("results"), list):
        return list(map(_result, body["results"]))
    return [{"answer": body}]


def _in_rows(columns: Values) -> Sequence[Values]:
    """Turn columns of one length into rows; what was left out stands in each."""
    lengths = {len(values) for values in columns.values() if isinstance(values, list)}
    if len(lengths) != 1:
        return [columns]
    (count,) = lengths
    return [
        {
            name: values[row] if isinstance(values, list) else values
            for name, values in columns.items()
        }
        for row in range(count)
    ]


def _result(result: Any) -> Values:
    if not isinstance(result, list):
        return {"outputs": result}
    pairs = [pair for pair in result if isinstance(pair, list) and len(pair) == _PAIR]
    return {"classes": [pair[0] for pair in pairs], "scores": [pair[1] for pair in pairs]}


def _are_numbers(values: Any) -> bool:
    if not isinstance(values, list) or not values:
        return False
    return all(isinstance(value, int | float) for value in values)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
