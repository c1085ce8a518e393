"""Debian's chromium, driven by its own chromedriver, and the server's page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

NEEDS_BROWSER = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="needs a browser: apt-get install chromium chromium-driver",
)
TIMEOUT = 30
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class Page:
    """The page as a user sees it."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        self.wait = WebDriverWait(driver, TIMEOUT)
        driver.get(url)
        self.wait.until(lambda _: self.find(".model"))

    def find(self, selector: str) -> list[Any]:
        found: list[Any] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def one(self, selector: str) -> Any:
        return self.wait.until(lambda _: next(iter(self.shown(selector)), None))

    def shown(self, selector: str) -> list[Any]:
        return [element for element in self.find(selector) if element.is_displayed()]

    def choose(self, model: str) -> None:
        self.one(f'[data-model="{model}"]').click()

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.find(selector)]

    def classes(self) -> list[tuple[str, str]]:
        self.one(".classes li")
        return list(zip(self.texts(".name"), self.texts(".percent"), strict=True))


@contextmanager
def opened_browser(folder: Path) -> Iterator[Any]:
    """Open a browser that keeps its files in a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # With the driver named, Selenium looks for none on the network.
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    opened = webdriver.Chrome(options, service)
    try:
        yield opened
    finally:
        opened.quit()
