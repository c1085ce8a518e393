import numpy as np

from serving.batching.text_queue import TextQueue
from serving.batching.text_request import Slice, TextRequest
from serving.errors import InvalidArgumentError
from serving.servables.model import Arrays
from serving.servables.text_classifier import TOKEN_INPUTS

Cut = list[tuple[str, int, int]]


def tokenize(texts: Arrays, _deadline: float | None) -> Arrays:
    """Give a token per text, its first byte; `!` is refused."""
    column = next(iter(texts.values())).tolist()
    if b"!" in column:
        raise InvalidArgumentError("no text")
    ids = np.array([[text[0]] for text in column], np.int32)
    return dict(zip(TOKEN_INPUTS, (ids, ids // ids, ids * 0), strict=True))


def request(name: str, texts: list[bytes]) -> TextRequest:
    column = np.array(texts, object)
    return TextRequest({"text": column, name: column}, len(texts), deadline=None, arrived=0.0)


def add(queue: TextQueue, name: str, rows: int, text: bytes = b"a") -> TextRequest:
    asked = request(name, [text] * rows)
    queue.add(asked)
    return asked


def named(taken: list[Slice]) -> Cut:
    return [(list(each.request.texts)[1], each.start, each.stop) for each in taken]


def take(queue: TextQueue, large_rows: int = 0) -> Cut:
    return named(queue.take(large_rows))


def test_small_requests_are_taken_whole() -> None:
    queue = TextQueue(tokenize)
    for name, rows in (("a", 1), ("b", 64), ("c", 64), ("d", 64), ("e", 64)):
        add(queue, name, rows)
    assert len(queue) == 257
    assert take(queue) == [("a", 0, 1), ("b", 0, 64), ("c", 0, 64), ("d", 0, 64)]
    assert (len(queue), queue.is_empty()) == (64, False)
    assert take(queue) == [("e", 0, 64)]
    assert (len(queue), queue.is_empty(), take(queue)) == (0, True, [])


def test_a_large_request_is_taken_in_slices_and_takes_no_room() -> None:
    queue = TextQueue(tokenize)
    add(queue, "a", 300)
    assert (len(queue), queue.is_empty(), queue.has_new()) == (0, False, True)
    assert take(queue, large_rows=1) == [("a", 0, 16)]
    assert (queue.is_empty(), queue.has_new()) == (False, False)
    assert take(queue) == [("a", 16, 80), ("a", 80, 144), ("a", 144, 208), ("a", 208, 272)]
    assert take(queue) == [("a", 272, 300)]
    assert queue.is_empty()


def test_large_requests_take_turns() -> None:
    queue = TextQueue(tokenize)
    add(queue, "a", 100)
    add(queue, "b", 300)
    assert take(queue, large_rows=1) == [("a", 0, 16), ("b", 0, 16)]
    assert take(queue) == [
        ("a", 16, 80),
        ("b", 16, 80),
        ("a", 80, 100),
        ("b", 80, 144),
        ("b", 144, 188),
    ]


def test_a_large_request_has_no_turn_while_enough_of_them_waits_to_run() -> None:
    queue = TextQueue(tokenize)
    add(queue, "a", 1000)
    take(queue, large_rows=1)
    assert take(queue, large_rows=256) == []
    assert take(queue, large_rows=255) == [("a", 16, 80)]
    assert not queue.is_empty()


def test_new_requests_go_before_the_turns_of_large_ones() -> None:
    queue = TextQueue(tokenize)
    add(queue, "a", 1000)
    take(queue)
    add(queue, "b", 1000)
    add(queue, "c", 64)
    assert take(queue, large_rows=1) == [("c", 0, 64), ("b", 0, 16)]


def test_large_requests_are_not_forgotten_for_new_ones() -> None:
    queue = TextQueue(tokenize)
    add(queue, "a", 100)
    take(queue, large_rows=1)
    add(queue, "b", 1)
    assert take(queue, large_rows=0) == [("b", 0, 1), ("a", 16, 80), ("a", 80, 100)]


def test_a_slice_of_long_texts_has_fewer() -> None:
    queue = TextQueue(tokenize)
    add(queue, "a", 66, b"a" * 16 * 1024)  # of two columns: two texts have 64 KiB
    assert take(queue, large_rows=1) == [("a", 0, 2)]
    assert take(queue, large_rows=253) == [("a", 2, 4), ("a", 4, 6)]


def test_a_few_long_texts_are_a_large_request() -> None:
    text = b"a" * 64 * 1024
    assert not request("a", [text, text]).is_large
    assert request("a", [text, text, text]).is_large
    assert not request("a", [text * 100]).is_large
    assert request("a", [b"a"] * 65).is_large


def test_discarded_requests_are_gone() -> None:
    queue = TextQueue(tokenize)
    begun, other = add(queue, "a", 999), add(queue, "b", 999)
    take(queue)
    whole, new = add(queue, "c", 3), add(queue, "d", 99)
    for asked in (whole, new, begun):
        queue.discard(asked)
    assert (len(queue), queue.has_new()) == (0, False)
    assert {name for name, _, _ in take(queue)} == {"b"}
    queue.discard(other)
    assert queue.is_empty()


def test_slices_are_tokenized_together() -> None:
    queue = TextQueue(tokenize)
    asked = request("a", [b"a", b"b", b"c", b"d"])
    parts = [Slice(asked, 1, 3), Slice(request("b", [b"e"]), 0, 1)]
    done = [(part, rows.tokens["input_word_ids"].tolist()) for part, rows in queue.tokenize(parts)]
    assert done == [(parts[0], [[98], [99]]), (parts[1], [[101]])]


def test_an_error_ends_the_request_that_it_comes_from() -> None:
    queue = TextQueue(tokenize)
    good, bad = request("a", [b"a"]), request("b", [b"!"])
    done = queue.tokenize([Slice(good, 0, 1), Slice(bad, 0, 1)])
    assert [part.request for part, _ in done] == [good]
    assert isinstance(bad.answer.exception(0), InvalidArgumentError)
    assert not good.answer.done()
