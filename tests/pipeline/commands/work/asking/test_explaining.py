"""`bert-aas explain`: what is printed and written, and what is refused."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from models.attribution.attributed import Attribution
from pipeline.cli import main
from pipeline.commands.work.asking.explaining import show
from tests.models.explainable import export_explainable
from tests.pipeline.attributions import attribution


def printed(found: Attribution, **options: object) -> str:
    file = io.StringIO()
    show([found], Console(file=file, width=60, highlight=False, **options))  # type: ignore[arg-type]
    return file.getvalue()


def test_words_stand_in_lines_where_there_are_no_colours() -> None:
    assert printed(attribution()).splitlines() == [
        "good         10 0.200  bad & worse 0.089  good 0.711",
        "  not     +0.300",
        "  bad     -0.150",
        "  ,       +0.001",
        "  <fine>  +0.060",
        "  ok      +0.000",
    ]
    terminal = printed(attribution(), force_terminal=True, no_color=True)
    assert terminal == printed(attribution())


def test_words_are_coloured_on_a_terminal() -> None:
    lines = printed(attribution(), force_terminal=True, color_system="256").splitlines()

    strong_for, strong_against = "\x1b[1;4;37;44m", "\x1b[1;30;48;5;208m"
    assert lines[1:] == [
        f"{strong_for}not\x1b[0m {strong_against}bad\x1b[0m , \x1b[4;34m<fine>\x1b[0m",
        "ok",
        f"{strong_for}for 'good'\x1b[0m  {strong_against}against 'good'\x1b[0m",
    ]


def test_remarks_say_what_is_uncertain() -> None:
    found = attribution(target="10", gap=0.06, at_limit=True)

    assert printed(found).splitlines()[-3:] == [
        "  contributions to 10",
        "  the contributions add up to +0.060 too much: give more --steps",
        "  the text fills the model's 10 tokens and may be cut",
    ]


def test_an_empty_text_is_called_so() -> None:
    assert printed(attribution(words=())).splitlines()[1:] == ["  (an empty text)"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_explainable(tmp_path_factory.mktemp("versions") / "7").parent


@pytest.mark.slow
def test_texts_are_explained(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "new" / "page.html"
    arguments = ["--model-dir", str(model), "--class", "2", "--steps", "64", "--output", str(page)]
    assert main(["explain", *arguments, "Fine <shirt>!", "bad"]) == 0

    captured = capsys.readouterr()
    first, second = captured.out.split("\n\n")
    words = [line.split()[0] for line in first.splitlines()[1:]]
    assert {"fine", "shirt", "!"} <= set(words)
    assert second.splitlines()[1].startswith("  bad  ")
    assert captured.err == f"wrote {page}\n"
    html = page.read_text(encoding="utf-8")
    assert html.count("<figure") == 2
    assert "speaks for <b>2</b>" in html
    assert ">shirt</span>" in html


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--class", "yes", "a"], "the model has no class 'yes'; it has no, 10, 2"),
        (["--text-pair", "b", "a"], "the model classifies single texts, not pairs"),
    ],
)
def test_what_the_model_cannot_do_is_refused(
    arguments: list[str], sentence: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--model-dir", str(model), *arguments]) == 2
    assert capsys.readouterr().err == f"Error: {sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a"], "holds no SavedModel; give a version folder or"),
        ([], "Missing argument 'TEXT...'"),
        (["--steps", "0", "a"], "0 is not in the range 1<=x<=4096"),
    ],
)
def test_refused_before_anything_is_loaded(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--model-dir", str(tmp_path), *arguments]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a", "--output", "{folder}"], "Error: {folder} cannot be written: it is a folder"),
        (["a", "--output", "/proc/x.html"], "Error: /proc/x.html cannot be written: No such file"),
        (["a", "--output", "{file}/x.html"], "Error: {file}/x.html cannot be written: File exi"),
        (["a"], "Error: {folder} holds no SavedModel; give a version folder"),
        (["caf\udce9"], "Error: TEXT 1 is not UTF-8: caf\\udce9"),
        (["a", "--text-pair", "\udce9"], "Error: --text-pair 1 is not UTF-8: \\udce9"),
    ],
)
def test_what_cannot_work_is_told_before_the_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    places = {"folder": tmp_path, "file": tmp_path / "file"}
    places["file"].touch()
    given = [argument.format(**places) for argument in arguments]
    assert main(["explain", "--model-dir", str(tmp_path), *given]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(sentence.format(**places))
