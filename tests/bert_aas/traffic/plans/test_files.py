import json
import threading
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.plans.files import changed_plans, log_change, log_file, read_plan_file
from bert_aas.traffic.plans.plan import PlanError
from tests.bert_aas.traffic.some_plans import canary, shared


@pytest.mark.parametrize("name", ["traffic.json", "traffic.yaml", "traffic.yml", "traffic"])
def test_a_changed_file_is_read_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "new" / name
    with changed_plans(path) as plans:
        plans["a"] = canary(model="a")
    with changed_plans(path) as plans:
        plans["m"] = shared(50, 50)
    assert read_plan_file(path) == {"a": canary(model="a"), "m": shared(50, 50)}
    assert path.read_text().startswith("{") == (name in {"traffic.json", "traffic"})


def test_a_change_that_fails_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "traffic.json"
    with changed_plans(path) as plans:
        plans["m"] = canary()
    before = path.read_bytes()

    def fail() -> None:
        with changed_plans(path) as plans:
            plans.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == before


def test_changes_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "traffic.json"

    def add(name: str) -> None:
        with changed_plans(path) as plans:
            plans[name] = canary(model=name)

    threads = [threading.Thread(target=add, args=(f"m{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_plan_file(path)) == [f"m{n}" for n in range(8)]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.json", b"{", "cannot be read: Expecting property name"),
        ("t.json", b"\xff", "cannot be read: 'utf-8' codec can't decode"),
        ("t.json", b"[" * 100_000, "cannot be read: "),
        ("t.json", b"[]", ": the plan file is "),
        ("t.json", b" " * 2_000_000, "has 2000000 bytes; a plan file has at most"),
        ("t.yaml", b"models: {a: 1", "cannot be read: "),
        ("t.yaml", b"models: !!python/object/apply:os.getcwd []", "cannot be read: "),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PlanError) as caught:
        read_plan_file(path)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(PlanError), changed_plans(path):
        pass
    assert path.read_bytes() == content


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read: No such file"):
        read_plan_file(tmp_path / "t.json")
    (tmp_path / "file").touch()
    with (
        pytest.raises(InvalidInputError, match="file cannot be used: "),
        changed_plans(tmp_path / "file" / "t.json"),
    ):
        pass


def test_the_log_has_a_line_for_each_change(tmp_path: Path) -> None:
    path = tmp_path / "traffic.json"
    log_change(path, 0.0, {"model": "m", "reason": "two\nlines"})
    log_change(path, 1.0, {"model": "m"})
    first, second = map(json.loads, log_file(path).read_text().splitlines())
    assert first == {"at": "1970-01-01T00:00:00Z", "model": "m", "reason": "two\nlines"}
    assert second["at"] == "1970-01-01T00:00:01Z"
