"""Look at a notebook that has run: as HTML in Debian's Chromium."""

import contextlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbconvert import HTMLExporter
from PIL import Image

WIDTH, HEIGHT = 1100, 900
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND")
_ONLY_MARKS = """
const style = document.createElement("style");
style.textContent = ".bert-aas svg text, .bert-aas svg line { visibility: hidden !important }";
document.head.append(style);
"""


@dataclass(frozen=True)
class Browser:
    """A running browser.

    Attributes:
        driver: Selenium's.
        folder: For pages and screenshots.
    """

    driver: Any
    folder: Path

    def open(self, notebook: Any, name: str) -> None:
        """Show a notebook as nbconvert renders it."""
        body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
        page = self.folder / f"{name}.html"
        page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}", encoding="utf-8")
        self.driver.get(page.as_uri())

    def charts(self) -> list[Any]:
        """The SVG pictures that the page shows."""
        found = self.driver.find_elements("css selector", ".bert-aas svg.chart")
        return [chart for chart in found if chart.is_displayed()]

    def hide_all_but_marks(self) -> None:
        """Hide the words and the axes of all pictures: bars, dots and curves remain."""
        self.driver.execute_script(_ONLY_MARKS)

    def colours(self, element: Any) -> int:
        """How many colours a screenshot of an element has."""
        with Image.open(io.BytesIO(element.screenshot_as_png)) as picture:
            return len(picture.convert("RGB").getcolors(maxcolors=1 << 24) or [])


@contextlib.contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium.

    Args:
        folder: For its profile, pages and screenshots.

    Yields:
        The browser.
    """
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("needs a browser: apt-get install chromium chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--window-size={WIDTH},{HEIGHT}", f"--user-data-dir={folder}/profile"):
        options.add_argument(flag)
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver, folder)
    finally:
        driver.quit()
