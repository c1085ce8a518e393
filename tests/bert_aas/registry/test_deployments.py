"""What is served where, and what was served before."""

from collections.abc import Sequence

import pytest

from bert_aas.registry.deployments import (
    Cause,
    Deployment,
    End,
    Intent,
    periods,
    read_deployments,
    read_intents,
    served,
    version_before,
)


def deployments(steps: Sequence[tuple[int, Cause]], directory: str = "/a") -> list[Deployment]:
    return [
        Intent(version=version, directory=directory, by="ann", cause=cause).done(
            f"{directory}/{number}", number
        )
        for number, (version, cause) in enumerate(steps, start=100)
    ]


def test_the_highest_number_of_each_folder_is_served() -> None:
    first = deployments([(1, "deploy"), (2, "deploy"), (1, "rollback")])
    second = deployments([(2, "deploy")], "/b")
    found = served([*reversed(first), *second])
    assert {directory: one.version for directory, one in found.items()} == {"/a": 1, "/b": 2}


@pytest.mark.parametrize(
    ("steps", "before"),
    [
        ([(1, "deploy")], None),
        ([(1, "deploy"), (2, "run")], 1),
        ([(1, "deploy"), (2, "deploy"), (2, "deploy")], 1),
        ([(1, "deploy"), (2, "deploy"), (3, "deploy"), (2, "rollback")], 1),
        ([(1, "deploy"), (2, "deploy"), (1, "rollback")], None),
        ([(1, "deploy"), (2, "deploy"), (1, "rollback"), (3, "deploy")], 1),
        ([(1, "deploy"), (2, "deploy"), (1, "deploy")], 2),
    ],
)
def test_a_rollback_takes_steps_back(steps: list[tuple[int, Cause]], before: int | None) -> None:
    assert version_before(deployments(steps), "/a", lambda _: True) == before


def test_versions_that_may_not_be_served_and_other_folders_are_passed_over() -> None:
    made = [*deployments([(1, "deploy"), (2, "deploy"), (3, "deploy")]), *deployments([], "/b")]
    assert version_before(made, "/a", {1, 3}.__contains__) == 1
    assert version_before(made, "/b", lambda _: True) is None


def test_a_deployment_ends_when_the_next_one_in_its_folder_is_made() -> None:
    first = deployments([(1, "deploy"), (2, "deploy"), (1, "rollback")])
    timed = [
        made.model_copy(update={"at": f"2026-01-0{day}"}) for day, made in enumerate(first, start=1)
    ]
    (other,) = deployments([(2, "deploy")], "/b")
    other = other.model_copy(update={"at": "2026-01-04"})
    found = periods([other, *reversed(timed)])
    assert [(each.deployment.at, each.until) for each in found] == [
        ("2026-01-01", "2026-01-02"),
        ("2026-01-02", "2026-01-03"),
        ("2026-01-03", ""),
        ("2026-01-04", ""),
    ]


def test_what_was_begun_and_what_was_done_are_read_apart() -> None:
    begun = Intent(version=1, directory="/a", by="ann", reason="it is better")
    done = begun.done("/a/100", 100)
    entries = {begun.key: begun.model_dump_json(), done.key: done.model_dump_json()}
    assert read_intents(entries) == (begun,)
    assert read_deployments(entries) == (done,)
    assert (done.by, done.at, done.reason) == (begun.by, begun.at, begun.reason)


def test_what_traffic_gave_up_is_served_no_more_and_ends_nothing() -> None:
    first, second, third = deployments([(1, "deploy"), (2, "deploy"), (3, "deploy")])
    end = End(by="server", at="2026-02-01", reason="error_rate is 0.5")
    made = [first, second.model_copy(update={"end": end}), third.model_copy(update={"end": end})]
    assert served(made)["/a"] == first
    assert [each.until for each in periods(made)] == ["", "2026-02-01", "2026-02-01"]
    assert version_before(made, "/a", lambda _: True) is None
    entries = {second.key: second.entry(), second.end_key: end.model_dump_json()}
    assert read_deployments(entries) == (made[1],)
    assert read_deployments({second.key: made[1].entry()}) == (second,)
