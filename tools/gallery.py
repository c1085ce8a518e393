"""Draw the pictures of docs/notebooks.md from the demo's run, with Chromium.

Usage: .venv/bin/python -m tools.gallery --demo output/demo --runs output/compare_runs
(after `make demo` and notebooks/compare_runs.ipynb)
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "images"
WIDTH = 1040
SENTENCES = (
    "At first it was a joy to use; by now the hinge has come off.",
    "The zip broke within a week and I sent it back.",
    "It looked cheap in the picture, yet it has survived two winters.",
)


def main() -> int:
    """Write the three pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", required=True, help="output folder of the demo")
    parser.add_argument("--runs", required=True, help="output folder of several runs")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from pipeline.environment import quiet_libraries

    quiet_libraries()
    from models.attribution.attribution import Explainer
    from pipeline.predictions.pushed_model import version_folder
    from pipeline.report.pages.attribution import attribution_chart
    from pipeline.report.pages.comparison import draw_comparison
    from pipeline.runners.notebook import open_pipeline
    from pipeline.runs.comparison import compare
    from pipeline.runs.past_runs import past_runs

    pipeline = open_pipeline(ROOT / "configs" / "demo.yaml", output_dir=arguments.demo)
    pipeline.restore()
    model = version_folder(Path(arguments.demo, "serving_model"))
    runs = past_runs(arguments.runs, last=3)
    pictures = {
        "evaluation": pipeline.show("evaluation"),
        "words": attribution_chart(Explainer(str(model)).explain(SENTENCES)),
        "lineage": draw_comparison(compare(runs), "lineage"),
    }
    PICTURES.mkdir(exist_ok=True)
    for name, fragment in pictures.items():
        photograph(fragment, PICTURES / f"{name}.png")
    return 0


def photograph(fragment: Any, picture: Path) -> None:
    """Take a picture of a piece of HTML."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory() as folder:
        fragment.write(Path(folder, "page.html"))
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", f"--window-size={WIDTH},800"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
        try:
            driver.get(Path(folder, "page.html").as_uri())
            height = driver.execute_script("return document.documentElement.scrollHeight")
            driver.set_window_size(WIDTH, height + 140)
            driver.find_element("css selector", ".bert-aas").screenshot(str(picture))
        finally:
            driver.quit()
    print(f"wrote {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
