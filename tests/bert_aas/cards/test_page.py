import re
from dataclasses import replace
from html.parser import HTMLParser

from bert_aas.cards.document import card_document
from bert_aas.cards.page import card_page
from tests.bert_aas.cards.sample import facts, human


class Tags(HTMLParser):
    """The elements of a page, and whether all of them are closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_pictures_stand_where_they_belong() -> None:
    pictures = {"confusion": '<svg id="c"></svg>', "slices:shop": '<svg id="s"></svg>'}
    page = card_page(card_document(facts(), human()), pictures, ".x { color: red }")
    tags = Tags(page)
    assert tags.open == []
    assert tags.seen.count("svg") == tags.seen.count("figure") == 2
    assert page.index('id="c"') > page.index("<h2>Evaluation")
    assert "script" not in tags.seen


def test_the_page_asks_nothing_of_the_network() -> None:
    page = card_page(card_document(facts(), human()), {}, "")
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)\s*=", page)


def test_names_are_text() -> None:
    evil = replace(facts(), name='<img src="x" onerror="y">\x1b[31m')
    page = card_page(card_document(evil, human()), {}, "")
    assert "<img" not in page
    assert "\x1b" not in page
