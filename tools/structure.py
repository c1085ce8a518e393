"""Draw the rooms of a package and what they import, as Mermaid: for docs/architecture.md.

usage: python3 tools/structure.py [--write] [ROOT]

Prints the drawings; with --write, puts them into docs/architecture.md. An arrow that follows from
others is left out. A circle is an error.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/architecture.md"
PACKAGES = ("pipeline", "components", "models", "serving", "bert_aas")
DRAWN = ("pipeline", "serving", "models")
BEGIN, END = "<!-- structure: drawn by tools/structure.py -->", "<!-- end of structure -->"
NOT_ROOMS = {"__init__", "__main__", "py"}


def modules(root: Path, package: str) -> dict[str, Path]:
    """Return dotted name to path of every module of a package."""
    found: dict[str, Path] = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module may import, within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module + "." + alias.name for alias in node.names)


def room(name: str, package: str) -> str:
    """Return the room of a module: the name below the package, or the package itself."""
    if not package:
        return name.split(".", maxsplit=1)[0]
    parts = name.split(".")
    return parts[1] if parts[0] == package and len(parts) > 1 else ""


def edges(root: Path, package: str) -> set[tuple[str, str]]:
    """Return pairs of rooms, importer first; of packages if `package` is empty."""
    known: dict[str, Path] = {}
    for one in [package] if package else PACKAGES:
        known.update(modules(root, one))
    found: set[tuple[str, str]] = set()
    for name, path in known.items():
        if name == "bert_aas":
            continue  # the public face, which names what users import
        for target in imported(path):
            pair = (room(name, package), room(target, package))
            inside = target.split(".")[0] in ([package] if package else PACKAGES)
            if inside and all(pair) and pair[0] != pair[1]:
                found.add(pair)
    return found


def reach(pairs: set[tuple[str, str]], start: str) -> set[str]:
    """Return every room that can be reached from one by arrows."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for source, target in pairs:
            if source == here and target not in found:
                found.add(target)
                waiting.append(target)
    return found


def reduced(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Leave out the arrows that follow from others; refuse a circle."""
    for source, _ in pairs:
        if source in reach(pairs, source):
            sys.exit(f"{source} is in a circle of imports")
    return {
        (source, target)
        for source, target in pairs
        if not any(
            target in reach(pairs, other)
            for one, other in pairs
            if one == source and other != target
        )
    }


def rooms(root: Path, package: str) -> dict[str, int]:
    """Return every room with its number of modules."""
    counts: dict[str, int] = {}
    for name in modules(root, package):
        found = room(name, package)
        if found and found not in NOT_ROOMS:
            counts[found] = counts.get(found, 0) + 1
    return counts


def drawing(root: Path, package: str) -> str:
    """Draw one package, or the packages, as Mermaid."""
    counts = rooms(root, package) if package else {one: len(modules(root, one)) for one in PACKAGES}
    lines = ["```mermaid", "flowchart TD"]
    for name in sorted(counts):
        several = (root / package / name).is_dir()
        label = f"{name}/<br>{counts[name]} modules" if several else name
        lines.append(f'  r_{name}["{label}"]')  # `graph` alone is a word of Mermaid
    pairs = {pair for pair in edges(root, package) if set(pair) <= set(counts)}
    lines += [f"  r_{source} --> r_{target}" for source, target in sorted(reduced(pairs))]
    return "\n".join([*lines, "```"])


def page_part(root: Path) -> str:
    """Return what stands between the marks of the page."""
    parts = ["The packages:", drawing(root, "")]
    for package in DRAWN:
        parts += [f"The rooms of `{package}`:", drawing(root, package)]
    return "\n\n".join(parts)


def with_drawings(text: str, root: Path) -> str:
    """Return the page with the drawings of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{page_part(root)}\n\n{END}{after}"


def main(arguments: list[str]) -> None:
    """Print the drawings, or write them."""
    paths = [Path(argument) for argument in arguments if argument != "--write"]
    root = paths[0] if paths else ROOT
    if "--write" in arguments:
        page = root / PAGE
        page.write_text(with_drawings(page.read_text(encoding="utf-8"), root), encoding="utf-8")
    else:
        print(page_part(root))


if __name__ == "__main__":
    main(sys.argv[1:])
