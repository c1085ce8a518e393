"""Show what the words of a text contributed to its class: `bert-aas explain`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.opened_files import opened_file, writing_errors
from bert_aas.contracts.plain_text import printable
from models.attribution.attributed import Attribution
from pipeline.console.messages import say
from pipeline.console.terminal import PlainConsole, styled
from pipeline.environment import quiet_libraries
from pipeline.predictions.arguments import check_texts
from pipeline.predictions.class_order import natural_order
from pipeline.predictions.pushed_model import version_folder
from pipeline.report.pages.attribution import LARGE_GAP, attribution_chart

_FOR, _AGAINST = ("blue", "bold white on blue"), ("dark_orange", "bold black on dark_orange")
_FAINTEST, _STRONG = 0.02, 0.1


def run_explain(
    model_dir: Path,
    texts: Sequence[str],
    text_pairs: Sequence[str] = (),
    *,
    target: str | None = None,
    steps: int,
    output_path: Path | None = None,
) -> int:
    """Run the command.

    Args:
        model_dir: A version folder, or the folder of versions.
        texts: The texts.
        text_pairs: For models of pairs, a second text for each.
        target: The class to explain; else the predicted one.
        steps: Points of the integral.
        output_path: HTML page to write.

    Returns:
        Exit code 0.

    Raises:
        InvalidInputError: If there are no texts, or the model cannot be used with them.
    """
    if not texts:
        raise InvalidInputError("give at least one text to explain")
    check_texts(texts, "TEXT")
    check_texts(text_pairs, "--text-pair")
    with file_errors(), _opened_page(output_path) as write:
        folder = version_folder(model_dir)
        quiet_libraries()
        from models.attribution.attribution import Explainer

        explainer = Explainer(str(folder))
        found = explainer.explain(texts, text_pairs or None, target=target, steps=steps)
        show(found, PlainConsole())
        write(found)
    return 0


@contextmanager
def _opened_page(path: Path | None) -> Iterator[Callable[[Sequence[Attribution]], None]]:
    """Open the page before the work, so that a place that cannot be written is told first."""
    if path is None:
        yield lambda found: None
        return
    with opened_file(path, make_folder=True) as stream:

        def write(found: Sequence[Attribution]) -> None:
            with writing_errors(path):
                stream.write(attribution_chart(found).page().encode())

        yield write
    say(f"wrote {path}", error=True)


def show(attributions: Sequence[Attribution], console: Console) -> None:
    """Print texts with their words coloured; without colours, a line for each word.

    Args:
        attributions: The contributions.
        console: Where to print.
    """
    coloured = console.is_terminal and not console.no_color
    for place, found in enumerate(attributions):
        if place:
            console.print()
        console.print(styled(_headline(found)), soft_wrap=True)
        console.print(_coloured(found) if coloured else Text(_table(found)), soft_wrap=not coloured)
        for remark in _remarks(found, coloured):
            console.print(remark, soft_wrap=True)


def _headline(found: Attribution) -> str:
    classes = natural_order(found.probabilities)
    figures = "  ".join(f"{name} {found.probabilities[name]:.3f}" for name in classes)
    return f"{found.predicted:<12} {figures}"


def _coloured(found: Attribution) -> Text:
    """Write the words one after the other; underlined ones speak for the class."""
    line = Text()
    for place, word in enumerate(found.words):
        if place:
            line.append("\n" if word.segment != found.words[place - 1].segment else " ")
        line.append(printable(word.text), _style(word.score))
    return line


def _style(score: float) -> str:
    if abs(score) < _FAINTEST:
        return ""
    style = (_FOR if score > 0 else _AGAINST)[abs(score) >= _STRONG]
    return f"underline {style}" if score > 0 else style


def _table(found: Attribution) -> str:
    words = [(printable(word.text), word.score) for word in found.words]
    width = max((len(text) for text, _ in words), default=0)
    if not width:
        return "  (an empty text)"
    return "\n".join(f"  {text:<{width}}  {score:+.3f}" for text, score in words)


def _remarks(found: Attribution, coloured: bool) -> Iterator[Text]:
    if coloured:
        name = repr(printable(found.target))
        yield Text.assemble(
            (f"for {name}", _style(_STRONG)), "  ", (f"against {name}", _style(-_STRONG))
        )
    elif found.target != found.predicted:
        yield styled(f"  contributions to {found.target}")
    if abs(found.gap) > LARGE_GAP:
        yield Text(f"  the contributions add up to {found.gap:+.3f} too much: give more --steps")
    if found.at_limit:
        yield Text(f"  the text fills the model's {len(found.pieces)} tokens and may be cut")
