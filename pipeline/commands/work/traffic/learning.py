"""What `bert-aas traffic learn` does: feedback in, shares of a bandit out."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.traffic.learning import (
    Learner,
    check_bandit,
    from_document,
    learner_for,
    read_counts,
    to_document,
    with_learnt_shares,
)
from bert_aas.traffic.plans.files import changed_plans
from bert_aas.traffic.plans.plan import Plan, PlanError, experiment_of
from pipeline.commands.work.traffic.changing import to_seconds
from pipeline.commands.work.traffic.showing import of_server
from pipeline.console.messages import say


def learn_shares(model: str, plan_file: Path, options: Mapping[str, Any]) -> None:
    """Learn once, or again and again.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        options: The command's other options.

    Raises:
        InvalidInputError: If there is no bandit to learn for, or no server to ask.
        UnavailableError: If a server cannot be asked, and it is to be done once.
    """
    if not options["servers"]:
        raise InvalidInputError("name at least one server to learn from: --server URL")
    every_s = None if options["every"] is None else to_seconds("--every", options["every"])
    while True:
        try:
            _learn_once(model, plan_file, options)
        except UnavailableError as exc:
            if every_s is None:
                raise
            say(f"nothing was learnt this time: {exc}")
        if every_s is None:
            return
        time.sleep(every_s)


def _learn_once(model: str, plan_file: Path, options: Mapping[str, Any]) -> None:
    """Ask the servers, keep what was learnt, then change the plan: a kill in between loses none."""
    statuses = [of_server(server, model) for server in options["servers"]]
    if not any("feedback" in status for status in statuses):
        raise InvalidInputError("no server takes feedback: start them with --feedback_max_answers")
    state = options["state"] or _beside(plan_file, model)
    with changed_plans(plan_file) as plans:
        plan = plans.get(model)
        if plan is None:
            raise PlanError(f"{plan_file} has no plan of {model}")
        check_bandit(plan)
        learner = read_counts(_read(state, plan, options), statuses)
        with file_errors():
            write_text(state, json.dumps(to_document(learner), indent=1) + "\n")
        plans[model] = with_learnt_shares(plan, learner.bandit)
    arms = plans[model].arms
    shares = ", ".join(f"version {arm.name} {arm.share:g} %" for arm in arms)
    say(f"{plan_file}: {model} is shared out: {shares}")


def _read(state: Path, plan: Plan, options: Mapping[str, Any]) -> Learner:
    """Go on with what was learnt; begin anew for another plan."""
    if state.exists():
        with file_errors():
            text = state.read_text(encoding="utf-8")
        try:
            learner = from_document(json.loads(text))
        except ValueError as exc:  # InvalidInputError is one
            raise InvalidInputError(f"{state}: {exc}") from exc
        if learner.experiment == experiment_of(plan):
            return learner
    return learner_for(plan, options["minimum_share"], options["half_life"])


def _beside(plan_file: Path, model: str) -> Path:
    return plan_file.with_name(f"{plan_file.name}.{quote(model, safe='')}.bandit.json")
