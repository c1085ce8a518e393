"""The order of decisions: what counts is known without a lock."""

import itertools

from bert_aas.registry.decisions import Decision, in_order, read_decisions
from bert_aas.registry.statuses import APPROVED, PENDING, REJECTED, Status


def decision(place: int, after: Status, name: str = "", at: str = "2026-11-30T12:00") -> Decision:
    return Decision(id=name, place=place, at=at, by="ann", before=PENDING, after=after, reason="")


def test_a_decision_is_read_as_it_was_written() -> None:
    made = Decision(
        place=1, by="ann", before=PENDING, after=APPROVED, reason="reads well", evidence={"a": "b"}
    )
    assert read_decisions({made.key: made.entry(), "other": "text"}) == (made,)


def test_two_decisions_of_one_author_have_names_of_their_own() -> None:
    first, second = (
        Decision(place=1, by="ann", before=PENDING, after=APPROVED, reason="") for _ in range(2)
    )
    assert first.key != second.key


def test_the_order_does_not_depend_on_how_they_were_found() -> None:
    made = [decision(0, PENDING), decision(1, APPROVED, "a"), decision(2, REJECTED, "b")]
    for found in itertools.permutations(made):
        assert in_order(found) == tuple(made)


def test_of_two_that_decided_at_once_the_rejection_counts() -> None:
    approved = decision(1, APPROVED, "b", at="2026-11-30T12:01")
    rejected = decision(1, REJECTED, "a", at="2026-11-30T12:00")
    assert in_order([approved, rejected])[-1] is rejected


def test_an_approval_that_arrives_late_does_not_undo_a_rejection_it_did_not_know_of() -> None:
    known = [decision(0, PENDING), decision(1, APPROVED, "a"), decision(2, REJECTED, "b")]
    late = decision(1, APPROVED, "c", at="2026-11-30T13:00")
    assert in_order([*known, late])[-1].after == REJECTED
