"""What stands in a card."""

from bert_aas.cards.document import Document, Facts, Paragraph, Section, Table, card_document
from bert_aas.cards.facts import Data, ModelFacts
from bert_aas.cards.human import NOT_STATED, CardParams
from tests.bert_aas.cards.sample import facts, human


def section(document: Document, title: str) -> Section:
    return next(one for one in document.sections if one.title == title)


def pairs(found: Section) -> dict[str, str]:
    return dict(pair for block in found.blocks if isinstance(block, Facts) for pair in block.pairs)


def tables(found: Section) -> list[Table]:
    return [block for block in found.blocks if isinstance(block, Table)]


def test_what_people_say_and_what_they_left_out() -> None:
    document = card_document(facts(), human())
    assert document.title == "Toy reviews"
    said = pairs(section(document, "Intended use and limits"))
    assert said["Intended use"] == "sorting reviews"
    assert said["Limits"] == said["Ethical considerations"] == NOT_STATED
    model = pairs(section(document, "Model"))
    assert (model["Owner"], model["Contact"]) == ("Reviews team", NOT_STATED)
    assert model["Languages"] == "en, de"


def test_counts_of_rows_by_split_and_class() -> None:
    (counts, schema) = tables(section(card_document(facts(), human()), "Data"))
    assert counts.titles == ("Split", "Rows", "no", "yes")
    assert counts.rows == (("train", "80", "30", "50"), ("test", "10", "4", "6"))
    assert ("label", "string", "no, yes") in schema.rows


def test_figures_with_their_intervals_by_class_and_slice() -> None:
    overall, classes, slices = tables(section(card_document(facts(), human()), "Evaluation"))
    assert overall.titles == ("Metric", "This model", "Latest blessed")
    assert overall.rows[0] == ("accuracy (decides)", "0.800 (0.700 to 0.900)", "0.6")
    assert classes.rows[0][:4] == ("no", "4", "0.500 (0.250 to 0.750)", "1.000")
    assert slices.titles[:3] == ("shop", "Rows", "accuracy")
    assert slices.rows[0][:3] == ("north", "10", "0.800 (0.700 to 0.900)")


def test_bias_conditions_and_code() -> None:
    document = card_document(facts(), human())
    (bias,) = tables(section(document, "Bias"))
    assert bias.rows == (("shop = north", "yes", "40", "0.100 (-0.100 to 0.300)"),)
    (conditions,) = tables(section(document, "Conditions"))
    assert conditions.rows == (("good enough", "passed", "accuracy is 0.8, at least 0.7"),)
    (code,) = tables(section(document, "Environment and code"))
    assert code.rows == (("Trainer", "0123456789abcdef"),)


def test_a_model_of_which_nothing_is_known_has_a_card() -> None:
    bare = ModelFacts("toy", "7", "/served/7", "r1", "2026-01-31", Data("rows.csv"))
    document = card_document(bare, CardParams())
    titles = [one.title for one in document.sections]
    assert "Evaluation" not in titles
    assert "Bias" not in titles
    assert document.title == "toy 7"
    assert pairs(section(document, "Data"))["SHA-256"] == "\N{EN DASH}"


def test_notes_about_what_is_missing_are_in_the_card() -> None:
    bare = ModelFacts(
        "toy", "7", "/s/7", "r1", "2026", Data("rows.csv"), notes=("Missing here: x",)
    )
    found = section(card_document(bare, CardParams()), "Environment and code")
    assert Paragraph("Missing here: x") in found.blocks
