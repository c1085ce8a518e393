"""Find the columns of texts and labels where the user names none."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.texts.steps import STEPS
from bert_aas.tables.formats.delimited import read_delimited
from bert_aas.tables.formats.json_lines import read_jsonl
from bert_aas.tables.formats.parquet import read_parquet
from bert_aas.tables.sources import SourceFile
from bert_aas.tables.values import Value

USUAL_TEXTS = ("text", "review", "review_text", "review_body", "body", "comment", "content")
USUAL_LABELS = ("label", "sentiment", "class", "category", "target", "rating", "stars", "score")
_PERSONAL = ("email", "phone", "card_number")
_ROWS = 1000
_PERSONAL_SHARE = 0.1
_READERS = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
}

Rows = Sequence[Mapping[str, Value]]


def first_rows(source: SourceFile) -> Rows:
    """Read the first rows of a file, whatever its columns are called.

    Args:
        source: The file.

    Returns:
        A thousand rows at most; none of TFRecord, which takes seconds to open.

    Raises:
        InvalidInputError: If the file cannot be read.
    """
    return list(islice(_usable(source), _ROWS))


def _usable(source: SourceFile) -> Iterator[Mapping[str, Value]]:
    reader = _READERS.get(source.format)
    for _, content in reader(source, ()) if reader else ():
        if not isinstance(content, str):
            yield dict(source.partitions) | content


def find_columns(
    rows: Rows, text_column: str | None, label_column: str | None, called: str
) -> tuple[str, str]:
    """Find the columns of texts and labels.

    Args:
        rows: Some rows.
        text_column: What the user named.
        label_column: What the user named.
        called: What messages call the file.

    Returns:
        The columns.

    Raises:
        InvalidInputError: If no column has a usual name of a label.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = text_column or _usual(names, USUAL_TEXTS, label_column) or _longest(rows, label_column)
    label = label_column or _usual(names, USUAL_LABELS, text)
    if text is None or label is None:
        missing = "label" if text else "text"
        raise InvalidInputError(
            f"{called} has no column with a usual name for the {missing}s; name it with "
            f"--{missing}-column: its columns are {', '.join(map(repr, names)) or 'not known'}."
        )
    return text, label


def _usual(names: Sequence[str], usual: Sequence[str], taken: str | None) -> str | None:
    by_name = {name.casefold(): name for name in reversed(names) if name != taken}
    return next((by_name[name] for name in usual if name in by_name), None)


def _longest(rows: Rows, taken: str | None) -> str | None:
    """Give the column with the longest texts."""
    lengths: dict[str, int] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str) and name != taken:
                lengths[name] = lengths.get(name, 0) + len(value)
    return max(lengths, key=lambda name: lengths[name], default=None)


def personal_columns(rows: Rows, known: Sequence[str]) -> tuple[str, ...]:
    """Find columns that hold addresses or numbers of persons.

    Args:
        rows: Some rows.
        known: Columns that are looked at elsewhere.

    Returns:
        Columns of which one value in ten at least is personal.
    """
    names = dict.fromkeys(name for row in rows for name in row if name not in known)
    return tuple(name for name in names if _is_personal([row.get(name) for row in rows]))


def _is_personal(values: Sequence[Value]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    found = sum(any(STEPS[name](text) != text for name in _PERSONAL) for text in texts)
    return bool(texts) and found >= _PERSONAL_SHARE * len(texts)
