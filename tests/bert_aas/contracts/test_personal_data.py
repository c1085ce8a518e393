import pytest

from bert_aas.contracts.personal_data import MASKS, has_few_digits


def test_masks_leave_all_but_personal_data() -> None:
    text = "Jo, jo.doe@mail.example.com, +49 30 123456, paid with 4111 1111 1111 1111 on 2026-11-30"
    for mask in MASKS.values():
        text = mask(text)
    assert text == "Jo, [EMAIL], [PHONE], paid with [CARD] on 2026-11-30"


@pytest.mark.parametrize(("text", "few"), [("", True), ("1 2 3 4 5", True), ("(012) 345", False)])
def test_six_digits_are_not_few(text: str, few: bool) -> None:
    assert has_few_digits(text) is few
