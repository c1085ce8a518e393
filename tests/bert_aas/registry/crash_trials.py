"""Processes that are killed while they register, approve and deploy, beside one that goes on.

`python -m tests.bert_aas.registry.crash_trials FOLDER TRIALS [SEED]` prints what the registry holds
afterwards. Each trial does its work in a child that is killed, and then once more in a child that
is not: the later command that finishes. Every other child is killed at a random moment, the rest
right before a random one of its writes.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.serving_folders import LocalFolders
from bert_aas.registry.statuses import APPROVED, REJECTED
from bert_aas.registry.store import MlflowStore
from bert_aas.registry.versions import Candidate

MODEL = "demo"
_LONGEST_S = 0.6
_WRITERS: list[tuple[type, str]] = [
    (MlflowStore, name) for name in ("create", "write", "erase", "point", "track")
]
_WRITERS.append((LocalFolders, "publish"))
_WRITES = 11


def work(folder: Path, trial: int, ready: Callable[[], object] = lambda: None) -> None:
    """Register, approve and deploy the model of a trial; say when the registry is open."""
    registry = Registry(registry_place(str(folder)))
    registry.models()
    ready()
    version = registry.register(candidate(folder, f"trial {trial}"))
    number = str(version.number)
    registry.decide(MODEL, number, APPROVED, "bob", f"approve {trial}")
    Deployer(registry, MODEL).deploy(number, Order(serving(folder), "bob", f"deploy {trial}"))


def others_work(folder: Path) -> None:
    """Register and reject other models until the process is stopped; say what was done."""
    registry = Registry(registry_place(str(folder)))
    for place in range(10_000):
        version = registry.register(candidate(folder, f"other {place}"))
        registry.decide(MODEL, str(version.number), REJECTED, "eve", f"reject {place}")
        with (folder / "others.txt").open("a") as done:
            done.write(f"{place}\n")
        time.sleep(0.05)


def candidate(folder: Path, name: str) -> Candidate:
    """Make a model with a content of its own."""
    model = folder / "models" / name.replace(" ", "-")
    model.mkdir(parents=True, exist_ok=True)
    (model / "saved_model.pb").write_text(name)
    return Candidate(MODEL, model, str(model), name, "ann", "it passed", metrics={"accuracy": 0.9})


def serving(folder: Path) -> str:
    """Name the serving folder."""
    return str(folder / "serving")


def main(folder: Path, trials: int, seed: int) -> None:
    """Run the trials and print what is there afterwards, as JSON."""
    chance = random.Random(seed)  # noqa: S311
    __import__("mlflow")  # once, before the children are made
    _ended(_child(lambda: work(folder, 0)))
    other = _child(lambda: others_work(folder))
    try:
        killed = sum(_trial(folder, trial, chance) for trial in range(1, trials + 1))
    finally:
        os.kill(other, signal.SIGKILL)
        os.waitpid(other, 0)
    sys.stdout.write(json.dumps({"killed": killed, **_found(folder)}))


def _trial(folder: Path, trial: int, chance: random.Random) -> bool:
    """Kill a child at its work, let another one end it, and say whether the first was killed."""
    killed = _killed_at_a_write if trial % 2 else _killed_at_a_moment
    was_killed = killed(folder, trial, chance)
    if _ended(_child(lambda: work(folder, trial))) != 0:
        raise SystemExit(f"trial {trial} did not end")
    return was_killed


def _killed_at_a_write(folder: Path, trial: int, chance: random.Random) -> bool:
    last = chance.randrange(_WRITES)

    def do() -> None:
        left = iter(range(last))
        for kind, name in _WRITERS:
            setattr(kind, name, _killing(getattr(kind, name), left))
        work(folder, trial)

    return _ended(_child(do)) != 0


def _killing(write: Callable[..., Any], left: Iterator[int]) -> Callable[..., Any]:
    def written(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(*arguments, **named)

    return written


def _killed_at_a_moment(folder: Path, trial: int, chance: random.Random) -> bool:
    reads, writes = os.pipe()
    child = _child(lambda: work(folder, trial, lambda: os.write(writes, b"!")))
    os.read(reads, 1)
    time.sleep(chance.uniform(0, _LONGEST_S))
    os.kill(child, signal.SIGKILL)
    os.close(reads)
    os.close(writes)
    return _ended(child) != 0


def _found(folder: Path) -> dict[str, object]:
    registry = Registry(registry_place(str(folder)))
    versions = Deployer(registry, MODEL).settled()
    return {
        "runs": [one.entries["pipeline_run"] for one in versions],
        "reasons": [made.reason for one in versions for made in one.decisions[1:]],
        "deployed": [made.reason for one in versions for made in one.deployments],
        "folders": len([path for path in (folder / "serving").iterdir() if path.name.isdecimal()]),
        "left": [one.number for one in versions if one.intents],
        "unlike": [one.number for one in versions if one.status != one.entries["approval_status"]],
        "others": (folder / "others.txt").read_text().split(),
    }


def _child(do: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            do()
            os._exit(0)
        except BaseException as exc:
            sys.stderr.write(f"{exc!r}\n")
            sys.stderr.flush()
            os._exit(1)
    return child


def _ended(child: int) -> int:
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
