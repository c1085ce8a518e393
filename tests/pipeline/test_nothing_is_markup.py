"""Values of the data and of paths come out of every display as they are, and act on nothing."""

import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable
from components.example_gen.params import DataParams
from models.attribution.attributed import Word
from pipeline.cli import guarded
from pipeline.commands.work.asking import explaining
from pipeline.commands.work.runs import listing
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.console.messages import PlainFormatter, say
from pipeline.console.terminal import PlainConsole
from pipeline.predictions.predicted import Predictions
from pipeline.predictions.prediction import _lines as predicted_lines
from pipeline.report.charts.svg import Canvas, tooltip
from pipeline.report.pages.comparison import draw_comparison
from pipeline.runners.local import running
from pipeline.runners.local.progress_display import ProgressDisplay
from pipeline.runs.comparison import compare
from pipeline.runs.past_runs import PastRun
from pipeline.runs.summary import SUCCEEDED, print_summary
from tests.pipeline.attributions import attribution

HOSTILE = (
    *("[/x]", "[y]", "[red]", "[bold red]x[/]", "[link=http://x]y[/link]", "[@click=x]y[/]"),
    *(":smile:", "\\[x]", "[", "]", "{x}", "<b>&amp;"),
    *("\x1b[31mx", "\x1b]0;title\x07", "\x9b31m", "a\rb", "a\x08b", "a\nb", "\u202eb", "caf\udce9"),
)
CONFIG = PipelineConfig(data=DataParams(path="a.csv"))
Show = Callable[[str, Console], None]


def summary_of(value: str) -> dict[str, Any]:
    return {
        "run_id": value,
        "status": SUCCEEDED,
        "blessed": True,
        "infra_blessed": True,
        "reason": value,
        "infra_reason": value,
        "pushed_model": f"/{value}/models/1",
        "metrics": {"accuracy": 0.5},
        "conditions": [{"name": value, "sentence": value, "decides": True, "outcome": "failed"}],
        "explanations": {"verdict": value},
        "nodes": [],
        "report": f"/{value}/report.html",
    }


def show_summary(value: str, console: Console) -> None:
    print_summary(summary_of(value), CONFIG, console)  # type: ignore[arg-type]


def show_start(value: str, console: Console) -> None:
    found = SimpleNamespace(rows=7, labels=SimpleNamespace(counts={value: 7}), notices=(value,))
    config = CONFIG.model_copy(update={"data": CONFIG.data.model_copy(update={"path": value})})
    running._print_start(config, found, Path("/x", value), console)  # type: ignore[arg-type]


def show_progress(value: str, console: Console) -> None:
    with ProgressDisplay(console, ["Trainer"]) as display:
        display.start("Trainer")
        display.message(value)


def show_explanation(value: str, console: Console) -> None:
    words = (Word(value, 0.3), Word("x", -0.3))
    found = attribution(words=words, target=value, probabilities={value: 0.4, "other": 0.6})
    explaining.show([found], console)


@pytest.fixture
def hostile_runs(runs: list[PastRun]) -> Callable[[str], Sequence[PastRun]]:
    """Two past runs, the second one full of a value."""

    def made(value: str) -> Sequence[PastRun]:
        told = {"data.path": value, value: "x"}
        noted = replace(runs[1], id=value, pipeline=value, parameters=told, notes=(value,))
        return [runs[0], noted]

    return made


def printed(show: Show, value: str, **options: Any) -> str:
    console = PlainConsole(file=io.StringIO(), width=300, color_system=None, **options)
    show(value, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("show", [show_summary, show_start, show_progress, show_explanation])
def test_values_are_printed_as_they_are(show: Show, value: str) -> None:
    text = printed(show, value)
    assert printable(value) in text
    assert printable(text, lines=True) == text


@pytest.mark.parametrize("value", HOSTILE)
def test_values_on_a_terminal(value: str) -> None:
    text = printed(show_progress, value, force_terminal=True)
    assert printable(value) in text
    assert value not in text or printable(value) == value


@pytest.mark.parametrize("value", HOSTILE)
def test_values_in_lists_of_runs(
    value: str, hostile_runs: Callable[[str], Sequence[PastRun]]
) -> None:
    found = hostile_runs(value)
    compared = compare(found)
    for show in (
        lambda _, console: listing.print_runs(found, console),
        lambda _, console: listing.print_comparison(compared, console),
    ):
        text = printed(show, value)
        assert printable(value) in text
        assert printable(text, lines=True) == text
    page = draw_comparison(compared).html()
    assert printable(page, lines=True) == page
    assert page.encode()


@pytest.mark.parametrize("value", HOSTILE)
def test_values_in_drawings(value: str) -> None:
    canvas = Canvas(10, 10, value)
    canvas.text((1, 1), value)
    canvas.vertical_text((1, 1), value)
    tooltip(canvas.rect((0, 0), (1, 1), "x"), value)
    drawn = str(canvas.markup())
    assert printable(drawn, lines=True) == drawn
    assert "<b>" not in drawn


@pytest.mark.parametrize("value", HOSTILE)
def test_values_in_answers_messages_and_logs(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Predictions([value], [value, "x"], np.array([[0.7, 0.3]]))
    for line in predicted_lines([value], answers):
        assert line == printable(line)
        assert line.count(printable(value)) == 3

    def refuse() -> None:
        raise InvalidInputError(f"{value} is refused")

    assert guarded(refuse) == 2
    said = capsys.readouterr().err
    assert said == printable(f"Error: {value} is refused", lines=True) + "\n"
    record = logging.LogRecord("x", logging.INFO, "", 1, "%s", (value,), None)
    logged = PlainFormatter().format(record)
    assert logged == printable(logged, lines=True)


def test_the_next_commands_can_be_copied() -> None:
    summary = {**summary_of("x"), "pushed_model": "/my models/it's [1]/7"}
    console = PlainConsole(file=io.StringIO(), width=60)
    print_summary(summary, CONFIG, console)
    assert isinstance(console.file, io.StringIO)
    folder = "'/my models/it'\"'\"'s [1]'"
    assert f'predict --model-dir {folder} "TEXT TO CLASSIFY"\n' in console.file.getvalue()
    assert f"serve --model_base_path {folder} --model_name bert\n" in console.file.getvalue()


def test_messages_hide_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    say("http://ann:word@host:1/x cannot be reached", error=True)
    assert capsys.readouterr().err == "http://…@host:1/x cannot be reached\n"
