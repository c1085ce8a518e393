from pipeline.predictions.mistakes import LabelledRow, Mistake, Mistakes
from pipeline.report.pages.mistakes import mistakes_table


def test_rows_stand_with_both_classes_and_their_slices() -> None:
    rows = (
        LabelledRow("k1", ("so <b>", "second"), "1", {"shop": "A & B"}),
        LabelledRow("k2", ("other",), "2", {"shop": ""}),
    )
    worst = (Mistake(rows[0], "3", 0.9876, 0.0104), Mistake(rows[1], "3", 0.5, 0.25))
    page = str(mistakes_table(Mistakes("eval", 40, 3, worst)).body)

    assert "3 of 40 rows of the eval split are classified wrongly (7.5 %). These 2 are" in page
    assert '<td class="review">so &lt;b&gt;\nsecond</td><td>1</td><td>3</td>' in page
    assert '<td class="num">0.988</td><td class="num">0.010</td><td>A &amp; B</td>' in page
    assert page.index("so &lt;b") < page.index("other")
    assert '<th scope="col">shop</th>' in page


def test_no_mistakes_need_no_table() -> None:
    page = str(mistakes_table(Mistakes("test", 0, 0, ())).body)

    assert "0 of 0 rows of the test split are classified wrongly." in page
    assert "<table" not in page
