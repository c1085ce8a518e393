"""Counts on many reviews, against pandas, which knows nothing of our code."""

import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bert_aas.preparation.summary import PreparationSummary
from tests.components.preparer.examples import SPLITS, prepare, write_examples

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared" / "data" / "womens_clothing_reviews.csv"
STARS = {1: "-1", 2: "-1", 3: "0", 4: "1", 5: "1"}


@pytest.fixture(scope="module", params=["real", "generated"])
def reviews(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Columns text, label, split; some rows repeated with other blanks or another label."""
    if request.param == "real":
        if not REAL.exists():
            pytest.skip("the clothing reviews are not on this machine")
        found = pd.read_csv(REAL, dtype=str, keep_default_na=False)
    else:
        path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
        script = [sys.executable, str(ROOT / "data" / "generate_reviews.py")]
        subprocess.run([*script, "--rows", "100000", "--seed", "3", "--output", path], check=True)
        found = pd.read_csv(path, dtype=str, keep_default_na=False)
    table = pd.DataFrame({"text": found["review_body"], "label": found["sentiment"]})
    again = table[::50].assign(text=lambda rows: "  " + rows.text + "\n")
    other = table[::70].assign(label=lambda rows: rows.label.map({"-1": "1", "0": "-1", "1": "0"}))
    table = pd.concat([table, again, other, other], ignore_index=True)
    clean = table.text.str.split().str.join(" ")
    places = clean.map(lambda text: zlib.crc32(text.encode()) % 10)
    table["split"] = places.map(lambda place: {8: "eval", 9: "test"}.get(place, "train"))
    return table.assign(clean=clean)


def rows_by_split(table: Any) -> dict[str, list[dict[str, str]]]:
    rows = table.assign(row_key=table.index.astype(str))[["text", "label", "row_key", "split"]]
    return {
        split: rows[rows.split == split].drop(columns="split").to_dict("records")
        for split in SPLITS
    }


def with_pandas(table: Any) -> Any:
    """One row for each text, with its most frequent label if there is one such label."""
    counts = (
        table[table.clean != ""].groupby(["clean", "label"]).size().rename("rows").reset_index()
    )
    most = counts[counts.rows == counts.groupby("clean").rows.transform("max")]
    winners = most[~most.clean.duplicated(keep=False)]
    return winners.merge(table[["clean", "split"]].drop_duplicates(), on="clean")


@pytest.mark.slow
@pytest.mark.parametrize("balance", ["none", "downsample", "upsample"])
def test_balance_and_doubles_are_counted_as_pandas_counts(
    tmp_path: Path, reviews: Any, balance: str
) -> None:
    rules: dict[str, Any] = {"clean": ["white_space"], "balance": balance}
    made = prepare(
        write_examples(tmp_path / "rows", rows_by_split(reviews)), tmp_path / "made", **rules
    )
    summary = PreparationSummary.model_validate_json(
        Path(made.uri, "summary.json").read_text("utf-8")
    )

    expected = with_pandas(reviews).groupby(["split", "label"]).size().unstack(fill_value=0)
    train = expected.loc["train"]
    expected.loc["train"] = {"none": train, "downsample": train.min(), "upsample": train.max()}[
        balance
    ]
    found = pd.DataFrame(summary.labels_after).loc[expected.index, expected.columns]
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_dtype=False)

    empty = int((reviews.clean == "").sum())
    assert (
        sum(summary.dropped["empty"].rows.values()) == empty
        if empty
        else "empty" not in summary.dropped
    )
    groups = reviews[reviews.clean != ""].groupby("clean").label
    stays = with_pandas(reviews).set_index("clean").rows
    conflicts = int(
        (groups.size() - stays.reindex(groups.size().index, fill_value=0))[
            groups.nunique() > 1
        ].sum()
    )
    assert sum(summary.dropped["conflict"].rows.values()) == conflicts
    assert sum(summary.dropped["duplicate"].rows.values()) == int((stays - 1).sum())
