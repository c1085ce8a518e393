import functools
from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bert_aas.preparation.params import CleaningStep, PersonalData, TextRules
from bert_aas.preparation.texts.cleaning import TextCleaner
from bert_aas.preparation.texts.steps import STEPS
from models.text.text_cleaning import GraphCleaner

FRAGMENTS = (
    *(
        "<b>",
        "</p>",
        "<",
        ">",
        "< b",
        "<!-- x",
        "-->",
        "<script src=1>",
        "</SCRIPT >",
        "<3",
        "</style>",
    ),
    *("&amp;", "&", ";", "amp;", "&lt;", "&#60;", "&#x3C;", "&#146;", "&#xd800;", "&#0;", "&nope;"),
    *("&#9999999;", "&#xFFFFFF;", "&eacute;", "&#1;", "&#129;", "&nbsp;", "&Alpha;", "&apos;"),
    *("a@b.co", "first.last+tag@mail.example.org", "@", ".", "-", "_", "%"),
    *("+49 30 1234567", "(212) 555-0100", "212-555-0100", "06 12 34 56 78", "0171-1234567", "+"),
    *("4111 1111 1111 1111", "4111-1111-1111-1112", "378282246310005", "5", "12", " ", "  "),
    *(
        "e\u0301",
        "\u0301",
        "\u0323",
        "\u212b",
        "\u1e9b\u0323",
        "\uac00\u11a8",
        "\u1ac1",
        "\U00011935",
    ),
    *("\0", "\x1b", "\x85", "\u00ad", "\u200b", "\u200d", "\ufeff", "\u3000", "\u2028", "\t", "\n"),
    *("word", "É", "ß", "\U0001f600", "\ufffd", "[EMAIL]"),
)
ANY_TEXT = st.text(max_size=30)
MIXED = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=14).map("".join)
BATCHES = st.lists(MIXED | ANY_TEXT, min_size=1, max_size=6)
ALL = TextRules(clean=get_args(CleaningStep), personal_data=get_args(PersonalData))
SELECTIONS = st.builds(
    lambda clean, personal: TextRules(clean=tuple(clean), personal_data=tuple(personal)),
    st.lists(st.sampled_from(get_args(CleaningStep)), unique=True),
    st.lists(st.sampled_from(get_args(PersonalData)), unique=True),
)


def in_graph(rules: TextRules, texts: list[str]) -> list[str]:
    encoded = np.array([text.encode() for text in texts], object)  # else NULs are lost
    found = traced(rules)(tf.constant(encoded))
    return [text.decode() for text in found.numpy()]


@functools.cache
def traced(rules: TextRules) -> Any:
    spec = tf.TensorSpec([None], tf.string)
    return tf.function(GraphCleaner(rules), input_signature=[spec], autograph=False)


@pytest.mark.parametrize("step", STEPS)
@given(texts=BATCHES)
@settings(max_examples=60, deadline=None)
def test_each_step_is_the_same_in_python_and_in_the_graph(step: str, texts: list[str]) -> None:
    kind = "clean" if step in get_args(CleaningStep) else "personal_data"
    rules = TextRules.model_validate({"clean": (), "personal_data": (), kind: (step,)})
    cleaner = TextCleaner(rules)
    assert in_graph(rules, texts) == [cleaner(text).text for text in texts]


@given(rules=SELECTIONS, texts=BATCHES)
@settings(max_examples=60, deadline=None)
def test_all_steps_are_the_same_in_any_order(rules: TextRules, texts: list[str]) -> None:
    cleaner = TextCleaner(rules)
    assert in_graph(rules, texts) == [cleaner(text).text for text in texts]


@pytest.mark.slow
def test_every_character_is_the_same() -> None:
    surrogates = range(0xD800, 0xE000)
    texts = [f"a{chr(code)}\u0301" for code in range(0x110000) if code not in surrogates]
    cleaner = TextCleaner(TextRules())
    assert in_graph(TextRules(), texts) == [cleaner(text).text for text in texts]


@pytest.mark.parametrize(
    "rules", [ALL, *(TextRules(clean=(step,)) for step in get_args(CleaningStep))]
)
def test_every_two_characters_of_ascii_are_the_same(rules: TextRules) -> None:
    ascii_characters = [chr(code) for code in range(128)]
    pairs = [first + second for first in ascii_characters for second in ascii_characters]
    texts = [*pairs, *(f"a{pair}b" for pair in pairs)]
    cleaner = TextCleaner(rules)
    assert in_graph(rules, texts) == [cleaner(text).text for text in texts]


def test_the_shortest_numbers_are_found() -> None:
    texts = ["(012) 345", "(012) 34", "+1 234 567", "+1 234 56", "4000000000006"]
    marked = ["[PHONE]", "(012) 34", "[PHONE]", "+1 234 56", "[CARD]"]
    assert in_graph(ALL, texts) == marked


@given(text=MIXED)
@example("&amp;amp;amp;amp;lt;")
@settings(max_examples=200, deadline=None)
def test_what_is_settled_stays_as_it_is(text: str) -> None:
    found = TextCleaner(ALL)(text)
    assert (TextCleaner(ALL)(found.text).text == found.text) is found.settled


def test_bytes_that_are_no_text_are_replaced() -> None:
    cleaner = GraphCleaner(TextRules(clean=("white_space",)))
    assert cleaner(tf.constant([b"a \xff  b"])).numpy().tolist() == ["a \ufffd b".encode()]


def test_without_rules_the_bytes_stay() -> None:
    texts = tf.constant([b"a \xff  b"])
    assert GraphCleaner(TextRules(clean=()))(texts) is texts


def test_all_graphs_share_one_trace_of_the_steps() -> None:
    rules = TextRules(clean=("html", "white_space"))

    def functions() -> set[str]:
        graph = tf.function(
            GraphCleaner(rules),
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        ).get_concrete_function()
        library = graph.graph.as_graph_def().library
        return {function.signature.name for function in library.function}

    assert functions() == functions() != set()
