"""What `bert-aas traffic show` and `report` do."""

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.plain_text import printable_json
from bert_aas.traffic.judging import Judged, JudgedArm, judge_statuses
from bert_aas.traffic.plans.files import log_file, read_plan_file
from bert_aas.traffic.plans.plan import Plan
from bert_aas.traffic.status import plan_status
from pipeline.commands.work.data.cataloguing import print_table
from pipeline.console.messages import say

_TIMEOUT_S = 10
_MAX_BYTES = 16 * 1024 * 1024
_MISSING = "-"


def show_plans(model: str, plan_file: Path, server: str | None, as_json: bool) -> None:
    """Print what plans do now.

    Args:
        model: Name of a model in the server; all models if empty.
        plan_file: The plan file.
        server: A server to ask instead.
        as_json: Print JSON for programs.

    Raises:
        InvalidInputError: If there is no such plan, or the server is asked about no model.
    """
    if server is not None:
        if not model:
            raise InvalidInputError("name the model that the server is asked about")
        found = [of_server(server, model)]
    else:
        plans = read_plan_file(plan_file)
        chosen = [_plan_of(plans, model, plan_file)] if model else list(plans.values())
        found = [_status(plan) for plan in chosen]
    if as_json:
        say(printable_json(found))
        return
    if not found:
        say(f"{plan_file} has no plans")
        return
    columns = ("Model", "Strategy", "Version", "Share", "Serves", "Step", "Next change")
    print_table(columns, (row for status in found for row in _rows(status)))


def report_plan(model: str, plan_file: Path, servers: Sequence[str], as_json: bool) -> None:
    """Print what a plan does, and what was done to it.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        servers: Servers to ask what they counted.
        as_json: Print JSON for programs.

    Raises:
        InvalidInputError: If there is neither a plan nor a log of the model.
    """
    plans = read_plan_file(plan_file)
    history = [one for one in _log(plan_file) if one.get("model") == model]
    if model not in plans and not history:
        _plan_of(plans, model, plan_file)
    status = None if model not in plans else _status(plans[model])
    told = [of_server(server, model) for server in servers]
    judged = judge_statuses(same_plan(told))
    status = told[0] if told else status
    if as_json:
        document = {"status": status, "history": history, "judged": _judged_document(judged)}
        say(printable_json(document))
        return
    if status is not None:
        columns = ("Model", "Strategy", "Version", "Share", "Serves", "Step", "Next change")
        print_table(columns, _rows(status))
        figures = list(_figures(status))
        if figures:
            say("\nthe last five minutes in this server:")
            counted = ("Version", "Requests", "Errors", "p50 ms", "p99 ms", "Confidence")
            print_table((*counted, "Compared", "Disagreement"), figures)
        _print_flips(status.get("shadow"))
    if judged is not None:
        _say_judged(judged)
    if history:
        say("")
        print_table(("At", "What", "By", "Why"), (_line(one) for one in history))


def _status(plan: Plan) -> dict[str, Any]:
    return plan_status(plan, time.time(), {})


def _plan_of(plans: Mapping[str, Plan], model: str, plan_file: Path) -> Plan:
    if model not in plans:
        listed = ", ".join(plans) or "none"
        raise InvalidInputError(f"{plan_file} has no plan of {model}; its models are: {listed}")
    return plans[model]


def same_plan(statuses: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Refuse what servers say that follow different plans.

    Args:
        statuses: What they say.

    Returns:
        The same.

    Raises:
        InvalidInputError: If their plans differ.
    """
    plans = {json.dumps(one["plan"], sort_keys=True) for one in statuses}
    if len(plans) > 1:
        raise InvalidInputError("the servers follow different plans; ask again in a moment")
    return statuses


def of_server(server: str, model: str) -> dict[str, Any]:
    """Ask a server what the plan of a model does.

    Args:
        server: Address of its REST port.
        model: Name of the model.

    Returns:
        What it says.

    Raises:
        InvalidInputError: If the address is none, or there is no plan.
        UnavailableError: If the server cannot be asked now.
    """
    if urlsplit(server).scheme not in {"http", "https"}:
        raise InvalidInputError(
            f"--server is {server!r}; give an address like http://localhost:8501"
        )
    url = f"{server.rstrip('/')}/v1/models/{quote(model, safe='')}/traffic"
    try:
        with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the scheme was looked at
            status = json.loads(answer.read(_MAX_BYTES))
    except HTTPError as exc:
        raise InvalidInputError(f"{url} answers {exc.code}: is {model} served there?") from exc
    except (OSError, HTTPException, ValueError) as exc:
        raise UnavailableError(f"{url} cannot be asked: {exc}") from exc
    if not isinstance(status, dict) or not isinstance(status.get("plan"), dict):
        raise InvalidInputError(f"{server} follows no plan of {model} at present")
    return status


def _rows(status: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    plan = status["plan"]
    ending = plan.get("ending")
    state = plan["strategy"] if ending is None else f"{plan['strategy']}, {ending['outcome']}"
    if "held" in plan and ending is None:
        state += ", held"
    steps = len(plan.get("steps", ()))
    step = _MISSING if status["step"] is None else f"{status['step'] + 1} of {steps}"
    for place, arm in enumerate(status["arms"]):
        serves = _MISSING if arm["version"] is None else str(arm["version"])
        shared = (f"{arm['share']:g} %", serves)
        first = place == 0
        yield (
            status["model"] if first else "",
            state if first else "",
            arm["name"],
            *shared,
            step if first else "",
            (status["next_change"] or _MISSING) if first else "",
        )


def _print_flips(shadow: Mapping[str, Any] | None) -> None:
    """Print how often challengers in the shadow gave another class."""
    for arm, told in (shadow or {}).get("challengers", {}).items():
        say(f"\nversion {arm} agrees in {told['agreed']} of {told['rows']} rows")
        rows = ((one["from"], one["to"], str(one["rows"])) for one in told["flips"])
        if told["flips"]:
            print_table(("Champion says", f"Version {arm} says", "Rows"), rows)


def _figures(status: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    keys = ("requests", "errors", "p50_ms", "p99_ms", "mean_confidence", "compared", "disagreement")
    for arm in status["arms"]:
        recent = arm.get("recent")
        if recent is not None:
            found = (recent.get(key) for key in keys)
            yield (
                arm["name"],
                *(_MISSING if one is None else f"{round(one, 3):g}" for one in found),
            )


def _say_judged(judged: Judged) -> None:
    say("")
    rows = ((arm.name, f"{arm.rewards.number:,.0f}", *_interval(arm)) for arm in judged.arms)
    print_table(("Version", "Feedback", "Reward", "At all times within"), rows)
    for verdict in judged.verdicts:
        say(verdict.sentence)


def _interval(arm: JudgedArm) -> tuple[str, str]:
    rate = arm.rewards.rate
    within = f"{arm.interval.low:.3f} to {arm.interval.high:.3f}"
    return ("-" if rate is None else f"{rate:.3f}", within)


def _judged_document(judged: Judged | None) -> dict[str, Any] | None:
    return None if judged is None else dataclasses.asdict(judged)


def _log(plan_file: Path) -> list[dict[str, Any]]:
    path = log_file(plan_file)
    if not path.is_file():
        return []
    with file_errors():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [entry for entry in map(_entry, lines) if entry is not None]


def _entry(line: str) -> dict[str, Any] | None:
    """Read a line of the log; one that a killed process left half-written is passed by."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _line(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(entry.get(key) or _MISSING) for key in ("at", "action", "by", "reason"))
