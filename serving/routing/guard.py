"""Looks whether a challenger does worse than its plan allows, and stops it then."""

import logging
import threading
import time

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.alarms import CRASH_WINDOW_S, Finding, judge, judge_crashes
from bert_aas.traffic.plans.changing import hold, roll_back
from bert_aas.traffic.plans.documents import write_plan
from bert_aas.traffic.plans.files import changed_plans, log_change
from bert_aas.traffic.plans.plan import Arm, Ending, Plan, is_over
from serving.routing.router import Route, Router
from serving.states import State
from serving.versions.registry import ModelRegistry

logger = logging.getLogger(__name__)

_BY = "server"
_PAUSE_S = 1.0


class Guard:
    """Judges the challengers of all plans that run.

    A rollback is one change of the plan file, which all servers follow. Where the file cannot be
    written, as in a ConfigMap, it is one change of the shares in this server.
    """

    def __init__(self, router: Router, registry: ModelRegistry, pause_s: float = _PAUSE_S) -> None:
        """Prepare; `start` begins.

        Args:
            router: The plans.
            registry: The models.
            pause_s: Seconds between two looks.
        """
        self._router = router
        self._registry = registry
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._told: set[tuple[str, str]] = set()

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        threading.Thread(target=self._work, name="traffic-guard", daemon=True).start()

    def stop(self) -> None:
        """End the looking."""
        self._stopping.set()

    def look(self) -> None:
        """Judge all challengers once, and stop those that do worse than allowed."""
        for route in self._router.routes():
            plan = route.plan
            route.watch.forget(self._serving(plan.model))
            if is_over(plan, time.time()):
                continue
            for arm in plan.challengers:
                finding = self._judge(route, arm)
                if finding is not None:
                    self._act(plan, finding)
                    break

    def _work(self) -> None:
        while not self._stopping.wait(self._pause_s):
            try:
                self.look()
            except Exception:  # the thread's edge: the next look may go well
                logger.exception("The alarms of traffic could not be looked at.")

    def _judge(self, route: Route, arm: Arm) -> Finding | None:
        plan = route.plan
        version, champion = (self._router.number(plan.model, one) for one in (arm, plan.champion))
        failure = self._failure(plan.model, version)
        if failure:
            return Finding("rollback", f"version {arm.name} cannot be loaded: {failure}")
        now, findings = time.monotonic(), []
        crashes = [
            route.watch.tally(one).window(now, CRASH_WINDOW_S) for one in (champion, version)
        ]
        crashed = judge_crashes(arm.name, *crashes)
        if crashed is not None:
            return crashed
        for alarm in plan.alarms:
            after = route.watch.tally(version).window(now, alarm.window_s)
            before = route.watch.tally(champion).window(now, alarm.window_s)
            finding = judge(alarm, arm.name, before, after)
            if finding is not None and (finding.action == "rollback" or plan.held is None):
                findings.append(finding)
        findings.sort(key=lambda one: one.action == "hold")
        return findings[0] if findings else None

    def _serving(self, model: str) -> list[int]:
        repository = self._registry.repository(model)
        statuses = () if repository is None else repository.known_statuses()
        return [one.version for one in statuses if one.state is State.AVAILABLE]

    def _failure(self, model: str, version: int) -> str:
        """Return why a version could not be loaded; empty if it could, or is still to be."""
        repository = self._registry.repository(model)
        statuses = () if repository is None else repository.known_statuses()
        for status in statuses:
            if status.version == version and status.state is State.END and status.code:
                return status.message
        return ""

    def _act(self, plan: Plan, finding: Finding) -> None:
        now = time.time()
        if finding.action == "hold" and not plan.steps:
            return self._warn_once(plan, finding)
        after = _after(plan, finding, now)
        what = "held" if finding.action == "hold" else "rolled back"
        logger.warning("Model %s: traffic is %s: %s.", plan.model, what, finding.reason)
        file = self._router.file
        try:
            with changed_plans(file) as plans:
                present = plans.get(plan.model)
                if present != plan:  # another server, or a person, was faster
                    return None
                plans[plan.model] = after
            entry = {"model": plan.model, "action": finding.action, "by": _BY}
            log_change(file, now, {**entry, "reason": finding.reason, "plan": write_plan(after)})
        except (InvalidInputError, OSError) as exc:
            logger.error("%s: so it is %s in this server alone.", exc, what)
            self._router.replace(plan, after)
        else:
            self._router.poll()
        return None

    def _warn_once(self, plan: Plan, finding: Finding) -> None:
        """Tell of an alarm that has nothing to hold, once for each plan."""
        if (plan.model, plan.salt) not in self._told:
            self._told.add((plan.model, plan.salt))
            logger.warning("Model %s: %s.", plan.model, finding.reason)


def _after(plan: Plan, finding: Finding, now: float) -> Plan:
    if finding.action == "hold":
        return hold(plan, now)
    return roll_back(plan, Ending("rolled-back", "", now, _BY, finding.reason))
