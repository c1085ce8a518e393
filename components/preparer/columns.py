"""The columns that rows are prepared by, and those that are left out."""

from collections.abc import Collection, Iterable

from pydantic import Field

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.names import ROW_KEY
from bert_aas.contracts.params import FrozenParams


class RowColumns(FrozenParams):
    """Which columns hold the text, its optional pair, the label and the row's key."""

    text: str = Field(min_length=1)
    text_pair: str | None = None
    label: str = Field(min_length=1)
    row_key: str = ROW_KEY


def check_dropped_columns(
    names: Iterable[str], columns: Collection[str], needed: Collection[str | None]
) -> None:
    """Refuse to leave out columns that are not there, or that later nodes need.

    Args:
        names: What is to be left out.
        columns: The columns of the data.
        needed: Those that must stay.

    Raises:
        InvalidInputError: For the first one.
    """
    for name in names:
        if name not in columns:
            raise InvalidInputError(
                f"`prepare.drop_columns` names {name!r}, which is not a column of the data; its "
                f"columns are {', '.join(sorted(columns))}"
            )
        if name in needed:
            raise InvalidInputError(
                f"`prepare.drop_columns` names {name!r}, which other sections of the "
                "configuration name as a text, a label or a slice"
            )
