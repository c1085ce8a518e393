"""Write the address of a fork into all files that name the repository, such as the notebooks.

Usage: python3 tools/set_repository.py OWNER/NAME
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/blob/")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
OTHERS = ("README.md", "CHANGELOG.md", "setup.py", ".github/ISSUE_TEMPLATE/config.yml")


def main(arguments: "list[str]", root: Path = ROOT) -> int:
    """Change the files; exit code 2 for what is no repository."""
    if len(arguments) != 1 or not REPOSITORY.fullmatch(arguments[0]):
        given = " ".join(arguments) or "nothing"
        print(f"give a repository of GitHub as OWNER/NAME, not {given}", file=sys.stderr)
        return 2
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    texts = {path: path.read_text(encoding="utf-8") for path in notebooks}
    former = {name for text in texts.values() for name in LINK.findall(text)}
    for path in (*notebooks, *(root / name for name in OTHERS)):
        text = path.read_text(encoding="utf-8")
        changed = text
        for old in former:
            changed = changed.replace(f"/{old}/blob/", f"/{arguments[0]}/blob/")
            changed = re.sub(rf"(github\.com/){re.escape(old)}\b", rf"\g<1>{arguments[0]}", changed)
        if changed != text:
            path.write_text(changed, encoding="utf-8")
            print(f"changed {path.relative_to(root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
