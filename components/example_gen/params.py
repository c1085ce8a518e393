"""The parameters of ExampleGen: which rows to read and how to split them."""

import math
from typing import Literal

from pydantic import Field, field_validator, model_validator

from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.options import checked_encoding, checked_separator
from bert_aas.tables.times import read_time, spelt_time

GIVEN_SPLIT = "__split__"
"""The column with the split of each row, where `data.split_files` gives it; it is not written."""

_CUTS = 2
_FEATURE_GROUP = "features://"


class SplitFractions(FrozenParams):
    """Shares of the three splits; they must add up to 1."""

    train: float = Field(default=0.8, gt=0, lt=1, description="Share of the rows to train on.")
    eval: float = Field(
        default=0.1, gt=0, lt=1, description="Share of the rows to choose the best epoch with."
    )
    test: float = Field(
        default=0.1, gt=0, lt=1, description="Share of the rows to judge the model with."
    )


class SplitFiles(FrozenParams):
    """The files of each split, where somebody has split the rows already."""

    train: str | None = Field(
        default=None,
        min_length=1,
        description="Rows to train on: a file, a glob or a folder below `data.path`, or anywhere "
        "else by an absolute path. `data.splits: {train: train.csv, …}` says the same.",
    )
    eval: str | None = Field(
        default=None,
        min_length=1,
        description="Rows to choose the best epoch with. Default: the share `data.splits.eval` of "
        "the train rows.",
    )
    test: str | None = Field(
        default=None,
        min_length=1,
        description="Rows to judge the model with. Default: the share `data.splits.test` of the "
        "train rows.",
    )

    @property
    def given(self) -> dict[str, str]:
        """The files by split, without the splits that have none."""
        found = {"train": self.train, "eval": self.eval, "test": self.test}
        return {split: path for split, path in found.items() if path is not None}


class SplitBy(FrozenParams):
    """What decides a row's split in place of the hash of its text: a group, a time, or a name."""

    group: str | None = Field(
        default=None,
        min_length=1,
        description="Column whose equal values stay in one split, e.g. a customer's id. A row "
        "without a value is a group by itself, by its text.",
    )
    time: str | None = Field(
        default=None,
        min_length=1,
        description="Column with a time; rows before the first of the `cuts` are train, before the "
        "second eval, the rest test. `data.splits` does not count then.",
    )
    split: str | None = Field(
        default=None,
        min_length=1,
        description="Column that names the split of each row: `train`, `eval` or `test`, as in a "
        "feature group that a run has written. `data.splits` does not count then.",
    )
    cuts: tuple[str | int | float, ...] | None = Field(
        default=None,
        description="With `time`: where eval begins and where test begins. Dates and times as "
        "ISO 8601 has them, or seconds since 1970; UTC unless they name a time zone.",
    )

    @field_validator("cuts")
    @classmethod
    def _cuts_are_times(cls, cuts: tuple[str | int | float, ...] | None) -> tuple[str, ...] | None:
        """Spell equal times equally: how they were written decides on no cache key."""
        if cuts is None:
            return None
        found = [read_time(cut) for cut in cuts]
        times = [time for time in found if time is not None]
        if len(times) != len(found):
            raise ValueError("a cut must be a date, a time or seconds since 1970")
        if len(times) != _CUTS or times[0] >= times[1]:
            raise ValueError("give two times, the earlier first: where eval and where test begin")
        return tuple(spelt_time(time) for time in times)

    @model_validator(mode="after")
    def _one_at_a_time(self) -> "SplitBy":
        if len([column for column in (self.group, self.time, self.split) if column]) > 1:
            raise ValueError("group, time and split exclude each other; keep one of them")
        if (self.time is None) != (self.cuts is None):
            raise ValueError("time and cuts belong together; give both or neither")
        return self

    @property
    def column(self) -> str | None:
        """The column that decides, if there is one."""
        return self.group or self.time or self.split

    @property
    def cut_times(self) -> tuple[int, int] | None:
        """The two cuts in microseconds since 1970."""
        if self.cuts is None:
            return None
        first, second = (read_time(cut) or 0 for cut in self.cuts)
        return first, second


_BY_FILES = SplitBy(split=GIVEN_SPLIT)


class DataParams(FrozenParams):
    """Where the rows are, which columns matter, and how rows are split or refused."""

    path: str = Field(
        min_length=1,
        description="A file, a glob or a folder with the table of texts and labels; or a feature "
        "group: `features://GROUP?as_of=2026-11-01` ([features.md](features.md)).",
    )
    format: Literal["auto", "csv", "tsv", "jsonl", "parquet", "tfrecord"] = Field(
        default="auto",
        description="Format of the files; `auto` takes it from the file's extension.",
    )
    encoding: str = Field(
        default="auto",
        description="Encoding of text files, e.g. `cp1252`; `auto` takes UTF-16 or UTF-32 if the "
        "first bytes say so, else UTF-8.",
    )
    separator: str = Field(
        default="auto",
        description="Separator of CSV and TSV: one character, or `comma`, `semicolon`, `tab`, "
        "`pipe`; `auto` finds the one that gives the columns you name.",
    )
    quoting: Literal["auto", "quotes", "none"] = Field(
        default="auto",
        description="How CSV and TSV use quotes. `quotes`: quotes enclose a field. `none`: quotes "
        "are ordinary characters. `auto`: like `quotes`, but a field that seems to "
        "contain whole rows is refused.",
    )
    text_column: str = Field(default="text", min_length=1, description="Column with the texts.")
    text_pair_column: str | None = Field(
        default=None, description="Column with the second texts; only for pairs of texts."
    )
    label_column: str = Field(
        default="label", min_length=1, description="Column with the classes: numbers or words."
    )
    key_column: str | None = Field(
        default=None,
        description="Column with an id for each row; default: the file name and the row number.",
    )
    splits: SplitFractions = SplitFractions()
    split_files: SplitFiles = SplitFiles()
    split_by: SplitBy = SplitBy()
    stratify: bool = Field(
        default=False, description="Give every class the same share in each split."
    )
    max_classes: int | None = Field(
        default=None,
        ge=2,
        description="Highest number of different labels; with more, the run is refused. Default: "
        "200 or half the number of rows, whichever is lower.",
    )
    bad_rows: Literal["refuse", "reject"] = Field(
        default="refuse",
        description="What to do with rows that cannot be used. `refuse`: stop. `reject`: write them"
        " to a file of rejected rows and continue.",
    )
    unlabelled: Literal["auto", "keep", "bad"] = Field(
        default="auto",
        description="Rows without a label. `keep`: they go on to the Preparer, which drops and "
        "counts them. `bad`: they cannot be used (`bad_rows`). `auto`: `keep` if "
        "`prepare.enabled`, else `bad`.",
    )

    @model_validator(mode="after")
    def _files_decide_alone(self) -> "DataParams":
        given = self.split_files.given
        if given and "train" not in given:
            raise ValueError("split_files needs the files of train")
        if given and (self.split_by.column or self.stratify):
            other = "stratify" if self.stratify else "split_by"
            raise ValueError(f"split_files and {other} exclude each other; keep one of them")
        return self

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

    @property
    def deciding(self) -> SplitBy:
        """What decides a row's split, in place of the hash of its text."""
        return _BY_FILES if self.split_files.given else self.split_by

    @property
    def is_feature_group(self) -> bool:
        """Tell whether the rows come from a feature group."""
        return self.path.startswith(_FEATURE_GROUP)

    @model_validator(mode="after")
    def _one_way_to_split(self) -> "DataParams":
        if self.stratify and self.split_by.column:
            raise ValueError(
                "stratify and split_by exclude each other: what keeps a group or a time together "
                "cannot give every class the same share; set stratify: false"
            )
        return self

    @model_validator(mode="after")
    def _columns_differ(self) -> "DataParams":
        named = [self.text_column, self.text_pair_column, self.label_column]
        columns = [name for name in named if name is not None]
        if len(set(columns)) < len(columns):
            raise ValueError("text_column, text_pair_column and label_column must differ")
        return self
