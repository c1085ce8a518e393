import pytest

from serving.errors import InvalidArgumentError, NotFoundError
from serving.feedback.answers import AnswerMemory, DoubleError, GivenAnswer, LateError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> AnswerMemory:
    return AnswerMemory(3, 60.0, clock)


def good(_: GivenAnswer) -> float:
    return 1.0


def test_an_answer_is_taken_by_each_of_its_ids_once(memory: AnswerMemory) -> None:
    memory.remember("m", ["a", "b"], 4, ("good",), "plan")

    answer, reward = memory.take("m", "b", good)

    assert (answer.version, answer.labels, answer.experiment, reward) == (4, ("good",), "plan", 1.0)
    with pytest.raises(DoubleError, match="There is feedback for 'a' already") as caught:
        memory.take("m", "a", good)
    assert caught.value.http_status == 409


def test_an_unknown_id_is_not_found(memory: AnswerMemory) -> None:
    memory.remember("m", ["a"], 4, None, "")

    for model, name in (("m", "b"), ("other", "a")):
        with pytest.raises(NotFoundError, match=r"knows the last 3, for 60 s"):
            memory.take(model, name, good)


def test_late_feedback_is_gone(memory: AnswerMemory, clock: Clock) -> None:
    memory.remember("m", ["a"], 4, None, "")
    clock.now = 60.0
    memory.remember("m", ["b"], 4, None, "")
    clock.now = 60.1

    with pytest.raises(LateError, match="it was taken for 60 s") as caught:
        memory.take("m", "a", good)

    assert caught.value.http_status == 410
    assert memory.take("m", "b", good)[1] == 1.0


def test_the_oldest_goes_when_there_is_no_room(memory: AnswerMemory) -> None:
    for name in "abcd":
        memory.remember("m", [name], 4, None, "")

    assert len(memory) == 3
    with pytest.raises(NotFoundError):
        memory.take("m", "a", good)
    memory.take("m", "b", good)


def test_what_is_refused_can_be_said_again(memory: AnswerMemory) -> None:
    def refuse(_: GivenAnswer) -> float:
        raise InvalidArgumentError("no")

    memory.remember("m", ["a"], 4, None, "")
    with pytest.raises(InvalidArgumentError):
        memory.take("m", "a", refuse)

    assert memory.take("m", "a", good)[1] == 1.0


def test_a_repeated_request_is_counted_once(memory: AnswerMemory) -> None:
    memory.remember("m", ["a"], 4, None, "")
    memory.take("m", "a", good)
    memory.remember("m", ["a"], 5, None, "")

    with pytest.raises(DoubleError):
        memory.take("m", "a", good)


def test_an_id_that_comes_again_stands_for_the_last_answer(memory: AnswerMemory) -> None:
    memory.remember("m", ["a"], 4, None, "")
    memory.remember("m", ["b"], 4, None, "")
    memory.remember("m", ["a"], 5, None, "")

    assert len(memory) == 2
    assert memory.take("m", "a", good)[0].version == 5
