"""A pipeline that prepares its rows: killed in the node, run again, and asked with raw texts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.preparation.params import TextRules
from bert_aas.preparation.texts.cleaning import TextCleaner
from components.preparer.writing import join_dropped
from pipeline.predictions.pushed_model import Predictor
from tests.e2e.pipeline_process import Project, executed, states

pytestmark = pytest.mark.e2e

RULES = TextRules(personal_data=("email",))
RAW = ("it is <b>very&nbsp;good</b>", "so  BAD &amp; cheap\x1b, write to jo@doe.org", "fine")


def test_killed_in_the_preparer_then_whole_then_from_the_cache(project: Project) -> None:
    with project.config.open("a", encoding="utf-8") as config:
        config.write("prepare: {enabled: true, balance: downsample, personal_data: [email]}\n")
    project.kill_before(join_dropped)  # all rows are written, the table of dropped ones is not
    (half,) = prepared_folders(project)
    assert not (half / "summary.json").exists()

    run = project.run()
    assert states(run)["ExampleGen"] == "cached"
    assert states(run)["Preparer"] == "executed"
    whole = [folder for folder in prepared_folders(project) if (folder / "summary.json").exists()]
    assert len(whole) == 1
    assert not list(whole[0].rglob(".parts"))
    assert (whole[0] / "prepared" / "dropped.parquet").exists()
    assert "Preparation" in (project.output / "report.html").read_text(encoding="utf-8")

    assert_takes_raw_texts(Path(run["pushed_model"]))
    assert executed(project.run()) == set()


def prepared_folders(project: Project) -> list[Path]:
    return sorted(project.output.glob("artifacts/Preparer/examples/*"))


def assert_takes_raw_texts(model: Path) -> None:
    cleaner = TextCleaner(RULES)
    cleaned = [cleaner(text).text for text in RAW]
    assert cleaned != list(RAW)
    predictor = Predictor(model)
    try:
        raw, clean = (answers(predictor, texts) for texts in (RAW, cleaned))
    finally:
        predictor.close()
    np.testing.assert_array_equal(raw, clean)


def answers(predictor: Predictor, texts: Any) -> Any:
    return predictor.predict([list(texts)]).probabilities
