"""Plans of traffic on the page, in a real browser."""

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bert_aas.traffic.alarms import Alarm
from bert_aas.traffic.plans.plan import Arm, Ending, Plan, Step
from serving.server import Server
from tests.serving.rest.browser import NEEDS_BROWSER, Page, opened_browser
from tests.serving.routing.plan_files import ab, put
from tests.serving.two_versions import server_of_two

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]
TIMEOUT_S = 30


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened_browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def server(exported: Path, tmp_path: Path) -> Iterator[Server]:
    with server_of_two(exported, tmp_path) as running:
        yield running


def url(server: Server, path: str = "") -> str:
    return f"http://{server.rest_address}/{path}"


def seen(page: Page, text: str) -> None:
    page.wait.until(lambda _: any(text in shown for shown in page.texts("#traffic")))


def test_a_plan_is_shown_from_its_start_to_its_end(
    server: Server, driver: Any, tmp_path: Path
) -> None:
    page = Page(driver, url(server))
    page.one('[data-model="hp"]')
    assert not page.shown("#traffic")

    steps = (Step(25.0, 7200.0), Step(100.0, 60.0))
    alarm = Alarm("error_rate", 0.02, 300.0, 100)
    plan = Plan("hp", "canary", (Arm(1), Arm(2)), "s", time.time(), steps, alarms=(alarm,))
    put(tmp_path / "traffic.json", plan)
    seen(page, "step 1 of 2 · next change in 2 h")
    assert page.texts(".share") == ["1: 75 %", "2: 25 %"]
    assert page.texts(".alarms li") == ["error_rate above 0.02 in 5 min, from 100 on: rollback"]
    assert page.one(".schedule").get_attribute("aria-label").endswith("25 %, 100 %")
    assert page.texts(".figures tbody tr td")[:4] == ["1", "75 %", "0", "\u2013"]
    (row,) = page.driver.execute_script("return [document.querySelector('.figures').innerHTML]")
    assert "button" not in row  # the page only reads

    held = dataclasses.replace(plan, held=time.time())
    put(tmp_path / "traffic.json", held)
    seen(page, "held since")
    ending = Ending("rolled-back", 1, time.time(), "server", "<b>error_rate</b> is 0.5")
    put(tmp_path / "traffic.json", dataclasses.replace(plan, ending=ending))
    seen(page, "rolled back by server")
    seen(page, ": <b>error_rate</b> is 0.5")
    assert page.texts(".share") == ["1: 100 %"]
    put(tmp_path / "traffic.json")
    page.wait.until(lambda _: not page.shown("#traffic"))
    violations = [one for one in driver.get_log("browser") if "Security" in one["message"]]
    assert not violations


def test_rewards_have_limits_and_a_verdict(server: Server, driver: Any, tmp_path: Path) -> None:
    put(tmp_path / "traffic.json", ab("hp", {1: 50, 2: 50}))
    for number in range(80):
        answer = requests.post(
            url(server, "v1/models/hp:predict"),
            json={"instances": [[4.0]]},
            headers={"X-Session-Id": f"session {number}"},
            timeout=TIMEOUT_S,
        )
        is_second = answer.headers.get("x-model-version") == "2"
        feedback = {"inference_id": answer.headers["x-inference-id"], "reward": float(is_second)}
        told = requests.post(url(server, "v1/models/hp:feedback"), json=feedback, timeout=TIMEOUT_S)
        told.raise_for_status()
    page = Page(driver, url(server))
    seen(page, "Version 2 is better than 1 by ")
    cells = page.texts(".figures tbody td")
    assert [cells[8], cells[18]] == ["0", "1"]
    assert cells[9].startswith("0 to 0.")
    assert " to 1 of " in cells[19]
