"""The parameters of ExampleGen: which rows to read and how to split them."""

import math
from typing import Literal

from pydantic import Field, field_validator, model_validator

from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.options import checked_encoding, checked_separator


class SplitFractions(FrozenParams):
    """Shares of the three splits; they must add up to 1."""

    train: float = Field(default=0.8, gt=0, lt=1)
    eval: float = Field(default=0.1, gt=0, lt=1)
    test: float = Field(default=0.1, gt=0, lt=1)


class DataParams(FrozenParams):
    """Where the rows are, which columns matter, and how rows are split or refused."""

    path: str = Field(min_length=1, description="A file, a glob or a folder.")
    format: Literal["auto", "csv", "tsv", "jsonl", "parquet", "tfrecord"] = Field(
        default="auto", description="`auto` goes by the file's extension."
    )
    encoding: str = Field(
        default="auto",
        description="Of text files, e.g. `cp1252`; `auto`: UTF-16 or UTF-32 if the first bytes say "
        "so, else UTF-8.",
    )
    separator: str = Field(
        default="auto",
        description="Of CSV and TSV: one character, or `comma`, `semicolon`, `tab`, `pipe`; `auto` "
        "is what fits the header.",
    )
    quoting: Literal["auto", "quotes", "none"] = Field(
        default="auto",
        description="`quotes` bind a field together; `none`: they are characters like others; "
        "`auto`: as `quotes`, but a field that seems to hold rows is refused.",
    )
    text_column: str = Field(default="text", min_length=1, description="Column of the texts.")
    text_pair_column: str | None = Field(default=None, description="Column of second texts.")
    label_column: str = Field(
        default="label", min_length=1, description="Column of the classes: numbers or words."
    )
    key_column: str | None = Field(
        default=None, description="A row id; else file name and row number."
    )
    splits: SplitFractions = SplitFractions()
    stratify: bool = Field(default=False, description="Same share of each class in every split.")
    max_classes: int | None = Field(
        default=None,
        ge=2,
        description="More labels are refused; default: 200, and half as many as there are rows.",
    )
    bad_rows: Literal["refuse", "reject"] = Field(
        default="refuse", description="`reject` writes them to a rejects file and goes on."
    )

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        return checked_encoding(encoding)

    @field_validator("separator")
    @classmethod
    def _separator_is_one_character(cls, separator: str) -> str:
        return checked_separator(separator)

    @field_validator("splits")
    @classmethod
    def _fractions_add_up(cls, splits: SplitFractions) -> SplitFractions:
        total = splits.train + splits.eval + splits.test
        if not math.isclose(total, 1, abs_tol=1e-6):
            raise ValueError(f"train, eval and test must add up to 1, they add up to {total:g}")
        return splits

    @model_validator(mode="after")
    def _columns_differ(self) -> "DataParams":
        named = [self.text_column, self.text_pair_column, self.label_column]
        columns = [name for name in named if name is not None]
        if len(set(columns)) < len(columns):
            raise ValueError("text_column, text_pair_column and label_column must differ")
        return self
