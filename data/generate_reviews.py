"""Generate the sample product reviews that ship with the project.

Every text is made up by a grammar (`review_grammar.py`); the same seed gives the same bytes.
"""

import argparse
import csv
import random
import sys
from collections.abc import Container, Sequence
from datetime import date, timedelta
from pathlib import Path

from review_grammar import Writer
from review_products import CATEGORIES

COLUMNS = ("review_id", "date", "product_category", "rating", "review_body", "sentiment")
SENTIMENT_SHARES = {1: 0.42, 0: 0.24, -1: 0.34}
RATING_WEIGHTS = {1: (1, 2, 5, 32, 60), 0: (3, 18, 56, 19, 4), -1: (56, 31, 9, 3, 1)}
FIRST_DAY, DAYS = date(2022, 1, 1), 1096
NOISE_SHARE = 0.03
DUPLICATE_SHARE = 0.015
MISSING_CATEGORY_SHARE = 0.02
MISSING_RATING_SHARE = 0.025
MISSING_BODY_SHARE = 0.003
LONG_WORD = 5  # letters; shorter words get no typo
EMOJI = {1: "😍👍🎉😊", 0: "🤷😐🤔", -1: "😡👎😤💔"}

Row = dict[str, str]


def generate(rows: int, seed: int) -> list[Row]:
    """Generate the table.

    Args:
        rows: Number of rows, exact duplicates counted.
        seed: Seed of all random choices.

    Returns:
        One dictionary per row: the `COLUMNS`, missing values empty, and `kind`, the construction.
    """
    rng = random.Random(seed)  # noqa: S311 - sample texts, not secrets
    days = sorted(rng.randrange(DAYS) for _ in range(rows))
    table: list[Row] = []
    seen = {""}
    for number, day in enumerate(days):
        repeat = table and chance(rng, DUPLICATE_SHARE)
        row = dict(rng.choice(table)) if repeat else _fresh_row(rng, seen)
        seen.add(row["review_body"])
        row["review_id"] = f"R{number + 1:05d}"
        row["date"] = (FIRST_DAY + timedelta(days=day)).isoformat()
        row["review_body"] = "" if chance(rng, MISSING_BODY_SHARE) else row["review_body"]
        table.append(row)
    return table


def _fresh_row(rng: random.Random, seen: Container[str]) -> Row:
    sentiment = rng.choices(list(SENTIMENT_SHARES), weights=list(SENTIMENT_SHARES.values()))[0]
    name = rng.choice(list(CATEGORIES))
    body = ""
    while body in seen:
        kind, sentences = Writer(rng, CATEGORIES[name]).write(sentiment)
        body = roughen(rng, lay_out(rng, sentences), sentiment)
    rating = rng.choices(range(1, 6), weights=RATING_WEIGHTS[sentiment])[0]
    label = sentiment
    if chance(rng, NOISE_SHARE):
        label = rng.choice([other for other in SENTIMENT_SHARES if other != sentiment])
    return {
        "product_category": "" if chance(rng, MISSING_CATEGORY_SHARE) else name,
        "rating": "" if chance(rng, MISSING_RATING_SHARE) else str(rating),
        "review_body": body,
        "sentiment": str(label),
        "kind": f"{kind}{'' if label == sentiment else '_noise'}",
    }


def chance(rng: random.Random, share: float) -> bool:
    """Return True in the given share of calls."""
    return rng.random() < share


def lay_out(rng: random.Random, sentences: Sequence[str]) -> str:
    """Join sentences by spaces, in some reviews by line breaks."""
    separator = rng.choices((" ", "\n", "\n\n"), weights=(88, 7, 5))[0]
    return separator.join(sentences)


def roughen(rng: random.Random, text: str, sentiment: int) -> str:
    """Add what keyboards and moods do to a text.

    Args:
        rng: Source of all choices.
        text: A clean review.
        sentiment: Its sentiment, -1, 0 or 1; decides the emoji.

    Returns:
        The text with typos, other casing, other punctuation or emoji, or unchanged.
    """
    if chance(rng, 0.16):
        for _ in range(rng.randint(1, 3)):
            text = _typo(rng, text)
    if chance(rng, 0.08):
        text = text.lower()
    elif chance(rng, 0.015):
        text = text.upper()
    elif chance(rng, 0.05) and text.endswith("."):
        text = text[:-1] + rng.choice(("!", "!!", "...", ""))
    if chance(rng, 0.04):
        mood = sentiment if chance(rng, 0.7) else rng.choice((-1, 0, 1))
        text += " " + rng.choice(EMOJI[mood])
    return text


def _typo(rng: random.Random, text: str) -> str:
    """Swap, drop or double one letter inside a word of five letters or more."""
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if len(word) >= LONG_WORD and word.isalpha()]
    if not places:
        return text
    place = rng.choice(places)
    word = words[place]
    at = rng.randrange(1, len(word) - 2)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[place] = rng.choice(
        (swapped, word[:at] + word[at + 1 :], word[:at] + word[at:][0] + word[at:])
    )
    return " ".join(words)


def write_csv(table: Sequence[Row], path: Path, columns: Sequence[str] = COLUMNS) -> None:
    """Write rows as RFC 4180: commas, CR LF, quotes doubled, UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3400, help="number of rows (3400)")
    parser.add_argument("--seed", type=int, default=7, help="seed of all random choices (7)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_name("product_reviews.csv"),
        help="CSV file to write (product_reviews.csv beside this script)",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate the file that the command line asks for."""
    options = parse_arguments(arguments)
    if options.rows < 1:
        sys.stderr.write(f"--rows must be at least 1, {options.rows} was given.\n")
        return 2
    write_csv(generate(options.rows, options.seed), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
