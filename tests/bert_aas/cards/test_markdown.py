from dataclasses import replace

from markdown_it import MarkdownIt

from bert_aas.cards.document import card_document
from bert_aas.cards.markdown import card_markdown, escaped
from tests.bert_aas.cards.sample import facts, human

EVIL = "a|b`c*d_e <script>alert(1)</script> [x](javascript:y) # h\n\n# h2 &amp; \\ ~~z~~ $1$"


def rendered(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").enable("strikethrough").render(text))


def test_sections_are_headings_and_tables_are_tables() -> None:
    html = rendered(card_markdown(card_document(facts(), human())))
    assert html.count("<h1>") == 1
    assert "<h2>Evaluation</h2>" in html
    assert html.count("<table>") == 10
    assert "<td>0.800 (0.700 to 0.900)</td>" in html


def test_names_are_shown_and_not_acted_on() -> None:
    html = rendered(f"x {escaped(EVIL)} y")
    shown = (
        html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    )
    assert shown == f"<p>x {' '.join(EVIL.split())} y</p>\n"
    table = rendered(card_markdown(card_document(replace(facts(), name=EVIL), human())))
    assert "<script" not in table
    assert "<a " not in table
