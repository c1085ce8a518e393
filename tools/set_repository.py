"""Write the address of a fork into the notebooks and the README, whose links open Colab.

Usage: python3 tools/set_repository.py OWNER/NAME
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/blob/")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def main(arguments: "list[str]", root: Path = ROOT) -> int:
    """Change the files; exit code 2 for what is no repository."""
    if len(arguments) != 1 or not REPOSITORY.fullmatch(arguments[0]):
        given = " ".join(arguments) or "nothing"
        print(f"give a repository of GitHub as OWNER/NAME, not {given}", file=sys.stderr)
        return 2
    for path in (*sorted((root / "notebooks").glob("*.ipynb")), root / "README.md"):
        text = path.read_text(encoding="utf-8")
        changed = text
        for old in set(LINK.findall(text)):
            changed = changed.replace(f"/{old}/blob/", f"/{arguments[0]}/blob/")
            changed = changed.replace(f"github.com/{old}.git", f"github.com/{arguments[0]}.git")
        if changed != text:
            path.write_text(changed, encoding="utf-8")
            print(f"changed {path.relative_to(root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
