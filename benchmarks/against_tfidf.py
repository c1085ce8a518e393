"""Compare a pipeline's model with TF-IDF and logistic regression on the pipeline's own test split.

Usage: python -m benchmarks.against_tfidf --config configs/demo.yaml
after `bert-aas run` with the same configuration.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, table, write_json
from benchmarks.tfidf_baseline import BaselineError, measure, read_examples

SPLITS = ("train", "test")
SCORES = ("accuracy", "macro_f1")


def main() -> int:
    """Print the scores of both, and how many times as many errors the baseline makes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--output-dir", help="of the run, if not the configuration's")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    try:
        found = compare(arguments.config, arguments.output_dir)
    except BaselineError as error:
        sys.exit(str(error))
    rows = [[name, *(found[name][score] for score in SCORES)] for name in ("tfidf", "encoder")]
    print(table(["", *SCORES], rows))
    print(f"TF-IDF makes {found['errors_ratio']} times as many errors")
    write_json(arguments.json, {"machine": machine(), **found})
    return 0


def compare(config_file: Path, output_dir: str | None) -> dict[str, Any]:
    """Fit the baseline on the rows that a run trained on, and score both on its test split.

    Args:
        config_file: The run's configuration.
        output_dir: The run's output folder, if the configuration names another.

    Returns:
        The scores of `tfidf` and `encoder`, and the ratio of their errors.

    Raises:
        BaselineError: If the run has no examples, or too few for the baseline.
    """
    from pipeline.config.layout import output_layout
    from pipeline.config.pipeline_config import load_config
    from pipeline.metadata.records import read_run
    from pipeline.metadata.store import connection_config

    config = load_config(config_file, [f"output_dir={output_dir}"] if output_dir else [])
    layout = output_layout(config.output_dir)
    run = json.loads(layout.run_summary.read_text(encoding="utf-8"))
    records = read_run(connection_config(config.metadata.url, layout), run["run_id"])
    examples = records["ExampleGen"].output("examples")
    if examples is None:
        raise BaselineError(f"{layout.run_summary} is of a run without examples")
    columns = config.data.text_column, config.data.label_column
    splits = [read_examples(Path(examples.uri, f"Split-{name}"), *columns) for name in SPLITS]
    baseline = measure(*splits)
    encoder = {name: round(run["metrics"][name], 4) for name in SCORES}
    wrong = 1 - encoder["accuracy"]
    ratio = round((1 - baseline["accuracy"]) / wrong, 2) if wrong else None
    return {"tfidf": baseline, "encoder": encoder, "errors_ratio": ratio}


if __name__ == "__main__":
    sys.exit(main())
