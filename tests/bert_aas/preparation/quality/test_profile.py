from bert_aas.preparation.quality.findings import MAX_EXAMPLES, Finding
from bert_aas.preparation.quality.profile import Profile

TEXTS = {
    "html": "It <b>fits</b> well, really.",
    "control_characters": "It fits\u200b well, mostly.",
    "unicode": "Cafe\u0301 is where I wore it.",
    "white_space": "It  fits well, really and truly.",
    "email": "Write to me@example.com about it.",
    "phone": "Call +49 30 1234567 about it.",
    "card_number": "I paid with 4111 1111 1111 1111 for it.",
    "long": "so " * 20 + "soft.",
    "short": "Nice.",
    "empty": " ",
}


def words(text: str) -> int:
    return len(text.split())


def profiled(rows: list[tuple[str, str]], max_tokens: int = 12) -> Profile:
    profile = Profile(words, max_tokens)
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    profile.add("f.csv", range(1, len(rows) + 1), texts, labels)
    return profile


def found(profile: Profile) -> dict[str, Finding]:
    return {finding.name: finding for finding in profile.findings()}


def test_each_thing_is_found_in_its_row() -> None:
    findings = found(profiled([(text, "x") for text in TEXTS.values()]))
    expected: dict[str, tuple[int, tuple[str, ...]]]
    expected = {name: (1, (f"f.csv:{row}",)) for row, name in enumerate(TEXTS, start=1)}
    expected["white_space"] = (2, ("f.csv:4", "f.csv:10"))  # the blank of the empty text
    assert {name: (one.rows, one.examples) for name, one in findings.items()} == expected


def test_a_clean_text_is_nothing_to_object_to() -> None:
    assert found(profiled([("It fits well, really.", "x"), ("It is too tight here.", "y")])) == {}


def test_only_the_first_rows_are_named() -> None:
    finding = found(profiled([("Nice.", "x"), *[(f"{n}", "x") for n in range(9)]]))["short"]
    assert finding.rows == 10
    assert finding.examples == tuple(f"f.csv:{row}" for row in range(1, 1 + MAX_EXAMPLES))


def test_texts_are_equal_after_cleaning() -> None:
    rows = [("It fits <b>well</b>.", "x"), ("It fits  well .", "y"), ("It fits well .", "x")]
    findings = found(profiled(rows))
    assert (findings["equal"].rows, findings["equal"].examples) == (2, ("f.csv:2", "f.csv:3"))
    assert findings["conflicts"].rows == 3


def test_texts_that_are_empty_are_no_repeats() -> None:
    assert "equal" not in found(profiled([("", "x"), (" ", "y")]))


def test_spellings_of_one_label_are_told() -> None:
    texts = [(f"It fits number {n} well.", label) for n, label in enumerate(["5", "5", "5.0"])]
    texts += [(f"It is too tight {n}.", label) for n, label in enumerate(["Good", "good", "Good"])]
    profile = profiled(texts)
    assert profile.spellings() == {"5": ("5.0",), "Good": ("good",)}
    finding = found(profile)["label_spellings"]
    assert (finding.rows, finding.examples) == (2, ("5.0 for 5", "good for Good"))


def test_a_class_with_less_than_a_third_of_the_largest_is_told() -> None:
    rows = [(f"It fits number {n} well.", "many") for n in range(9)]
    few = [(f"It is too tight, {n} times.", "few") for n in range(3)]
    assert "imbalance" not in found(profiled(rows + few))
    finding = found(profiled(rows + few[:2]))["imbalance"]
    assert (finding.rows, finding.examples) == (2, ("few; many has 9",))


def test_unusable_rows_are_told_apart_from_those_without_label() -> None:
    profile = Profile(None, 12)
    profile.add_unusable("f.csv, line 3", "no label (column 'label')", missing_label=True)
    profile.add_unusable("f.csv, line 4", "3 fields where the header has 2", missing_label=False)
    findings = found(profile)
    assert findings["no_label"].examples == ("f.csv, line 3",)
    assert findings["unusable"].examples == ("f.csv, line 4: 3 fields where the header has 2",)
    assert len(profile.lengths()) == 0


def test_lengths_are_those_of_cleaned_texts() -> None:
    assert profiled([("so  <b>very</b> soft, really", "x")]).lengths().tolist() == [4]
