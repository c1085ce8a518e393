"""The plans in force: read from the plan file, swapped as a whole, asked by every request."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bert_aas.traffic.choosing import Split, split_at
from bert_aas.traffic.figures import Tally
from bert_aas.traffic.plans.files import parse_plan_file
from bert_aas.traffic.plans.plan import Arm, Plan, PlanError, experiment_of
from bert_aas.traffic.status import RECENT_S
from serving.errors import SettingsError
from serving.observing.lasting_failure import LastingFailure
from serving.observing.metrics.traffic_metrics import ArmFigures
from serving.routing.census import KeyCensus
from serving.routing.keys import Keyed, key_of
from serving.routing.watching import Offer, Watch, watch_for

logger = logging.getLogger(__name__)

_Seen = tuple[int, int, int]


class Route:
    """The plan of one model, ready to choose by.

    Attributes:
        plan: The plan.
        watch: Counts what its versions do.
        experiment: Its name among the plans of the model; empty if it does not compare versions.
        census: Counts the keys of its arms; None where the shares change.
    """

    def __init__(
        self,
        plan: Plan,
        key_header: str,
        watch: Watch | None = None,
        offer: Offer | None = None,
    ) -> None:
        """Prepare.

        Args:
            plan: The plan.
            key_header: Header with the key, where the plan names none.
            watch: What was counted for the plan before; None begins anew.
            offer: Takes copies of requests, where the plan is a shadow.
        """
        self.plan = plan
        self.watch = watch_for(plan, watch)
        wants_copies = plan.strategy == "shadow" and plan.ending is None
        self.watch.offer = offer if wants_copies else None
        compares = plan.ending is None and plan.strategy != "shadow"
        self.census = KeyCensus() if compares and plan.strategy == "ab" else None
        self.experiment = experiment_of(plan) if compares else ""
        self._header = (plan.key_header or key_header).lower()
        self._split = split_at(plan, time.time())

    def split(self) -> Split:
        """Return the shares of this moment; this is on the path of every request."""
        split = self._split
        now = time.time()
        if now >= split.until:
            split = self._split = split_at(self.plan, now)
        return split

    def arm(self, request: Keyed | None) -> Arm:
        """Choose who answers a request.

        Args:
            request: The request; None if it asks no model, such as one for metadata.

        Returns:
            The arm; the champion for None.

        Raises:
            ServingError: If the request cannot be read.
        """
        split = self.split()
        if request is None:
            return self.plan.champion
        if not split.needs_key:
            return split.arm(b"")
        key = key_of(request, self._header)
        arm = split.arm(key)
        if self.census is not None:
            self.census.note(key, arm.name)
        return arm


@dataclass(frozen=True)
class RoutingOptions:
    """How the plan file is followed.

    Attributes:
        file: The plan file; it need not be there yet.
        key_header: Header or metadata with the key of a request, where the plan names none.
        poll_wait_s: Seconds between two looks at the file; 0 looks only once.
    """

    file: Path
    key_header: str = "X-Session-Id"
    poll_wait_s: float = 1.0


class Router:
    """Plans by model. A file that cannot be used is logged, and the plans in force stay.

    Attributes:
        changed: Called after other plans came into force.
        labels: Returns the labels of a model that are in force: versions by label.
        offer: Takes copies of requests for challengers in the shadow; set before the first plans
            are read.
    """

    def __init__(self, options: RoutingOptions, changed: Callable[[], None] = lambda: None) -> None:
        """Prepare; `read_first` and `poll` read the file.

        Args:
            options: How the file is followed.
            changed: Called after other plans came into force.
        """
        self._options = options
        self._routes: Mapping[str, Route] = {}  # replaced, never changed: requests read it unlocked
        self._seen: _Seen | None = None
        self._failure = LastingFailure(logger, "The plans of traffic stay as they were: %s")
        self._polling = threading.RLock()
        self._stopping = threading.Event()
        self.changed = changed
        self.offer: Offer | None = None
        self.labels: Callable[[str], Mapping[str, int]] = lambda _model: {}

    def route(self, model: str) -> Route | None:
        """Return the route of a model; None if it has no plan."""
        return self._routes.get(model)

    def routes(self) -> list[Route]:
        """Return the routes of all models."""
        return list(self._routes.values())

    def arms(self) -> list[ArmFigures]:
        """Return what the arms of all plans do, for the metrics."""
        now = time.monotonic()
        found = []
        for route in self.routes():
            split = route.split()
            for arm, share in zip(split.arms, split.shares, strict=True):
                tally = route.watch.tallies().get(self.number(route.plan.model, arm), Tally())
                recent = tally.window(now, RECENT_S)
                found.append(ArmFigures(route.plan.model, arm.name, share, tally.total, recent))
        return found

    def number(self, model: str, arm: Arm) -> int:
        """Return the number of the version of an arm; -1 for a label that is not in force."""
        if isinstance(arm.version, int):
            return arm.version
        return self.labels(model).get(arm.version, -1)

    @property
    def file(self) -> Path:
        """The plan file."""
        return self._options.file

    def replace(self, before: Plan, after: Plan) -> None:
        """Put a plan in force in this server alone, until the file has another one.

        Args:
            before: The plan in force; if it is another one by now, nothing changes.
            after: What takes its place.
        """
        with self._polling:
            route = self._routes.get(before.model)
            if route is not None and route.plan == before:
                made = self._route(after, route)
                self._routes = {**self._routes, before.model: made}

    def reward(self, model: str, version: int, reward: float, experiment: str) -> None:
        """Take note of feedback on an answer of the plan that runs.

        Args:
            model: Name of the model.
            version: Who gave the answer.
            reward: What it got, in [0, 1].
            experiment: The plan that chose the version; empty if none did.
        """
        route = self._routes.get(model)
        if route is not None and experiment and route.experiment == experiment:
            route.watch.tally(version).give(time.monotonic(), reward)

    def versions(self, model: str) -> frozenset[int | str]:
        """Return the numbers and labels that a plan names; they are to be kept loaded.

        The file is looked at first. So who lists version folders and then calls this knows every
        plan that was written before a version appeared.

        Args:
            model: Name of the model.
        """
        if self._options.poll_wait_s > 0:
            self.poll()
        route = self._routes.get(model)
        return frozenset(() if route is None else (arm.version for arm in route.plan.arms))

    def read_first(self) -> None:
        """Read the file at the start; one that is not there yet has no plans.

        Raises:
            SettingsError: If it is there and cannot be used.
        """
        try:
            self._read()
        except FileNotFoundError:
            logger.info("There is no plan of traffic yet in %s.", self._options.file)
        except PlanError as exc:
            raise SettingsError(f"--traffic_config_file: {exc}.") from exc

    def poll(self) -> None:
        """Look at the file, and put its plans in force if it has changed."""
        with self._polling:
            try:
                is_new = self._read()
            except FileNotFoundError:
                if self._routes:
                    self._failure.note(f"{self._options.file} is gone")
                return
            except PlanError as exc:
                self._failure.note(str(exc))
                return
            self._failure.end()
        if is_new:
            self.changed()

    def start(self) -> None:
        """Begin to look at the file, in a thread of its own."""
        if self._options.poll_wait_s > 0:
            threading.Thread(target=self._work, name="traffic", daemon=True).start()

    def stop(self) -> None:
        """End the looking."""
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.wait(self._options.poll_wait_s):
            self.poll()

    def _read(self) -> bool:
        """Read the file unless it is the one read last; return whether its plans are new."""
        file = self._options.file
        with self._polling:
            try:
                with file.open("rb") as opened:
                    seen = _seen(opened.fileno())
                    if seen == self._seen:
                        return False
                    content = opened.read()
            except FileNotFoundError:
                self._seen = None
                raise
            except OSError as exc:
                self._seen = None
                raise PlanError(f"{file} cannot be read: {exc.strerror or exc}") from exc
            plans = parse_plan_file(file, content)
            self._seen = seen
            return self._put_in_force(plans)

    def _put_in_force(self, plans: Mapping[str, Plan]) -> bool:
        before = {name: route.plan for name, route in self._routes.items()}
        if plans == before:
            return False
        self._routes = {
            name: self._routes[name]
            if before.get(name) == plan
            else self._route(plan, self._routes.get(name))
            for name, plan in plans.items()
        }
        for name in sorted(plans.keys() | before.keys()):
            if plans.get(name) != before.get(name):
                logger.info("Model %s: %s.", name, describe(plans.get(name)))
        return True

    def _route(self, plan: Plan, before: Route | None) -> Route:
        watch = None if before is None else before.watch
        return Route(plan, self._options.key_header, watch, self.offer)


def describe(plan: Plan | None) -> str:
    """Say in words what a plan does.

    Args:
        plan: The plan; None if there is none.

    Returns:
        A phrase for the log.
    """
    if plan is None:
        return "there is no plan of traffic any more"
    if plan.ending is not None:
        why = f": {plan.ending.reason}" if plan.ending.reason else ""
        what = plan.ending.outcome.replace("-", " ")
        return f"traffic is {what}, version {plan.ending.version} answers{why}"
    arms = " and ".join(arm.name for arm in plan.challengers)
    return f"traffic is shared out by {plan.strategy}, {arms} against {plan.champion.name}"


def _seen(number: int) -> _Seen:
    status = os.fstat(number)
    return status.st_ino, status.st_size, status.st_mtime_ns
