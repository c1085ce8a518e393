"""Compare a pipeline's model with TF-IDF and logistic regression on the pipeline's own test split.

Usage: python benchmarks/against_tfidf.py --config configs/demo.yaml
after `bert-aas run` with the same configuration.
"""

import argparse
import json
import sys
from pathlib import Path

SPLITS = ("train", "test")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from tfidf_baseline import measure, read_examples  # noqa: E402

from pipeline.config import load_config  # noqa: E402
from pipeline.layout import output_layout  # noqa: E402
from pipeline.metadata_store import connection_config  # noqa: E402
from pipeline.run_records import read_run  # noqa: E402


def main() -> int:
    """Print the figures of both, and their ratio, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True)
    config = load_config(parser.parse_args().config)
    layout = output_layout(config.output_dir)
    run = json.loads(layout.run_summary.read_text(encoding="utf-8"))
    records = read_run(connection_config(config.metadata.url, layout), run["run_id"])
    examples = records["ExampleGen"].output("examples")
    if examples is None:
        sys.exit(f"{layout.run_summary} is of a run without examples")
    columns = config.data.text_column, config.data.label_column
    splits = [read_examples(Path(examples.uri, f"Split-{name}"), *columns) for name in SPLITS]
    baseline = measure(*splits)
    encoder = {name: round(run["metrics"][name], 4) for name in ("accuracy", "macro_f1")}
    wrong = (1 - baseline["accuracy"]) / (1 - encoder["accuracy"])
    print(json.dumps({"tfidf": baseline, "encoder": encoder, "errors_ratio": round(wrong, 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
