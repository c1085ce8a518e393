"""The site of the documentation: it builds without a warning, and its links lead somewhere."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import serving.client

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BUILD = """
import sys
from mkdocs.__main__ import cli
cli(["build", "--strict", "--site-dir", sys.argv[1]], standalone_mode=False)
print(*sorted({"tensorflow", "tfx", "apache_beam", "pipeline", "serving"} & set(sys.modules)))
"""
README_LINES = 120
LINK = re.compile(r"\]\(([^)\s]+)\)")


class PageParser(HTMLParser):
    """Collects what a page links to, what it loads, and which anchors it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        elif tag == "link" and values.get("rel") == "stylesheet":
            self.loaded.add(values["href"])
        elif tag in {"script", "img"} and "src" in values:
            self.loaded.add(values["src"])


@dataclass
class Site:
    """The built pages."""

    folder: Path
    imported: str
    _pages: dict[Path, PageParser] = field(default_factory=dict)

    @cached_property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*.html") if path.name != "404.html")

    def page(self, path: Path) -> PageParser:
        if path not in self._pages:
            self._pages[path] = PageParser()
            self._pages[path].feed(path.read_text(encoding="utf-8"))
        return self._pages[path]

    def leads_somewhere(self, source: Path, link: str) -> bool:
        """Whether a link within the site has a file, and its anchor is there."""
        parts = urlsplit(link)
        target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
        if not parts.fragment or parts.fragment == "top":
            return target.is_file() or (target / "index.html").is_file()
        return target.is_file() and unquote(parts.fragment) in self.page(target).anchors


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site").resolve()
    command = [sys.executable, "-c", BUILD, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Site(folder, done.stdout.strip())


def test_the_readme_is_read_in_three_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def is_external(link: str) -> bool:
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def test_every_page_of_the_documentation_is_there(site: Site) -> None:
    docs = ROOT / "docs"
    wanted = {path.relative_to(docs).with_suffix(".html") for path in docs.rglob("*.md")}
    assert wanted <= {path.relative_to(site.folder) for path in site.files}


def test_links_and_anchors_lead_somewhere(site: Site) -> None:
    links = [(path, link) for path in site.files for link in site.page(path).links]
    inside = [(path, link) for path, link in links if not is_external(link)]
    assert len(inside) > len(site.files)
    dead = [f"{path.name}: {link}" for path, link in inside if not site.leads_somewhere(path, link)]
    assert dead == []


def test_pages_load_nothing_from_elsewhere(site: Site) -> None:
    loaded = {(path, link) for path in site.files for link in site.page(path).loaded}
    assert loaded
    assert [link for _, link in loaded if is_external(link)] == []
    assert [link for path, link in loaded if not site.leads_somewhere(path, link)] == []


def test_the_clients_page_has_every_public_name(site: Site) -> None:
    anchors = site.page(site.folder / "api" / "client.html").anchors
    assert {f"serving.client.{name}" for name in serving.client.__all__} <= anchors


def test_sources_are_read_without_importing_them(site: Site) -> None:
    assert site.imported == ""


@pytest.mark.parametrize("page", sorted(path.name for path in ROOT.glob("*.md")))
def test_links_of_the_root_pages_lead_somewhere(page: str, site: Site) -> None:
    links = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    for link in filter(lambda link: not is_external(link), links):
        path, _, anchor = link.partition("#")
        assert not path or (ROOT / path).exists(), link
        if anchor and path.startswith("docs/"):
            built = site.folder / Path(path).relative_to("docs").with_suffix(".html")
            assert anchor in site.page(built).anchors, link
