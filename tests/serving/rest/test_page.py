"""The page in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from serving.data_plane import DataPlane
from serving.errors import Code, ServingError
from serving.observing.observer import NoTracing, Observers
from serving.rest.app import create_app
from serving.rest.options import RestOptions
from serving.servables.model import LoadedModel
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.rest.browser import NEEDS_BROWSER, Page, opened_browser
from tests.serving.rest.servers import serve

pytestmark = [pytest.mark.e2e, NEEDS_BROWSER]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened_browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def page(driver: Any, url: str) -> Iterator[Page]:
    yield Page(driver, url)
    messages = [entry["message"] for entry in driver.get_log("browser")]
    assert not [message for message in messages if "Content Security Policy" in message]


def test_models_are_listed_with_versions_states_and_labels(page: Page) -> None:
    assert page.one('[data-model="hp"]').text.split("\n") == [
        *("hp", "version 2", "available", "canary", "version 1", "available", "stable"),
    ]
    assert page.one("#health").text == "ready"


def test_a_text_is_classified_with_enter(page: Page) -> None:
    page.choose("review")
    page.one("textarea").send_keys("So good!", Keys.ENTER)
    assert page.classes() == [("good", "90.0 %"), ("bad", "5.0 %"), ("so-so", "5.0 %")]
    assert page.one(".answer strong").text == "good"
    widths = [bar.value_of_css_property("width") for bar in page.find(".fill")]
    assert len(set(widths)) == 2


def test_shift_and_enter_make_a_line(page: Page) -> None:
    page.choose("review")
    box = page.one("textarea")
    box.send_keys("one", Keys.SHIFT, Keys.ENTER, Keys.NULL, "two")
    assert box.get_attribute("value") == "one\ntwo"
    assert not page.find(".classes")


def test_pairs_have_two_boxes_and_ctrl_enter_asks(page: Page) -> None:
    page.choose("pair")
    page.wait.until(lambda _: len(page.shown("textarea")) == 2)
    answer, question = page.shown("textarea")
    answer.send_keys("Yes")
    question.send_keys("Really?", Keys.CONTROL, Keys.ENTER)
    assert page.classes() == [("bad", "70.0 %"), ("so-so", "20.0 %"), ("good", "10.0 %")]


def test_the_button_asks_and_an_empty_text_is_refused(page: Page) -> None:
    page.choose("review")
    page.one("textarea")
    page.one("#submit").click()
    assert page.one("#error").text == "Type a text first."
    assert page.driver.switch_to.active_element.tag_name == "textarea"
    page.one("textarea").send_keys("bad")
    page.one("#submit").click()
    assert page.classes()[0] == ("bad", "70.0 %")
    assert not page.shown("#error")


def test_other_models_show_their_inputs_and_a_command(page: Page) -> None:
    page.choose("two")
    command = page.one("#curl").text
    assert """'{"instances": [{"a": 1, "s": "text"}]}'""" in command
    assert command.endswith("/v1/models/two:predict")
    assert page.texts("#inputs td") == ["a", "int32", "[any]", "s", "string", "[any]"]
    assert not page.shown("form")


def test_names_are_encoded_and_versions_chosen(page: Page) -> None:
    page.choose("a/b:c")
    page.wait.until(lambda _: "/v1/models/a%2Fb%3Ac:predict" in page.one("#curl").text)
    page.choose("hp")
    page.one('#version option[value="/versions/1"]').click()
    page.wait.until(lambda _: "/hp/versions/1:predict" in page.one("#curl").text)


def test_nothing_injected_becomes_markup(driver: Any, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    message = "torn <script>alert(2)</script>"

    def fail(_name: str, _version: int, _path: Path) -> LoadedModel:
        raise ServingError(Code.DATA_LOSS, message)

    (tmp_path / "7").mkdir()
    registry = ModelRegistry(fail, LifecycleOptions(poll_wait_s=0, max_num_load_retries=0))
    registry.apply([ModelConfig(name, tmp_path)])
    registry.start()
    app = create_app(DataPlane(registry), RestOptions(), Observers(), NoTracing())
    with serve(app) as url:
        page = Page(driver, url)
        page.wait.until(lambda _: page.texts(".why") == [message])
        assert page.texts(".model strong") == [name]
        assert page.one(".model .chip").text == "failed"
        assert not page.find("main img")
        page.wait.until(lambda _: "Servable not found" in page.one("#try-hint").text)
        assert page.one("#health").text == "1 of 1 not ready"


def test_a_server_that_is_gone_is_noticed(driver: Any, rest_plane: DataPlane) -> None:
    app = create_app(rest_plane, RestOptions(), Observers(), NoTracing())
    with serve(app) as url:
        page = Page(driver, url)
        page.choose("review")
        box = page.one("textarea")
    box.send_keys("Hello", Keys.ENTER)
    assert "does not answer" in page.one("#error").text
    page.wait.until(lambda _: page.one("#health").text == "no answer")


def test_it_fits_a_phone(page: Page) -> None:
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page.choose("hp")
        page.one("#curl")
        width = page.driver.execute_script("return document.documentElement.scrollWidth")
        assert width <= 360
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
