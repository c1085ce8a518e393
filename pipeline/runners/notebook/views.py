"""Pictures of single texts for notebooks: tokens, worst mistakes, contributions of words."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from models.environment import cache_dir
from pipeline.report.pages.fragment import Fragment
from pipeline.runners.notebook.errors import in_a_sentence

if TYPE_CHECKING:
    from pipeline.runners.notebook.pipeline import NotebookPipeline


@in_a_sentence
def show_tokens(
    pipeline: "NotebookPipeline", texts: Sequence[str], text_pairs: Sequence[str] | None = None
) -> Fragment:
    """Show texts as the word pieces that the encoder of a pipeline reads.

    Args:
        pipeline: The pipeline: its encoder has the vocabulary.
        texts: The texts.
        text_pairs: The second texts, for data of pairs.

    Returns:
        A chip per word piece, with what is cut off.
    """
    from models.encoders.resolving import resolve
    from pipeline.report.pages.tokens import tokens_chart

    encoder = resolve(pipeline.config.encoder, cache_dir())
    limit = pipeline.config.transform.max_seq_length
    return tokens_chart(
        _several(texts), encoder.vocab_path, encoder.do_lower_case, limit, text_pairs
    )


@in_a_sentence
def show_mistakes(pipeline: "NotebookPipeline", limit: int = 10) -> Fragment:
    """Show the rows of the test split that the trained model gets wrong with most confidence.

    Args:
        pipeline: A pipeline whose Trainer has run.
        limit: How many to show.

    Returns:
        A table with texts, labels and probabilities.
    """
    from pipeline.predictions.mistakes import find_mistakes
    from pipeline.report.pages.mistakes import mistakes_table

    prepared = pipeline.config.prepare.enabled
    examples = pipeline.artifact("Preparer" if prepared else "ExampleGen", "examples")
    model = trained_model(pipeline)
    with pipeline.quiet():
        found = find_mistakes(model, examples, pipeline.config, limit=limit)
    return mistakes_table(found)


@in_a_sentence
def show_contributions(
    pipeline: "NotebookPipeline", texts: Sequence[str], text_pairs: Sequence[str] | None = None
) -> Fragment:
    """Show which words of texts speak for the predicted class and which against it.

    Args:
        pipeline: A pipeline whose Trainer has run.
        texts: The texts.
        text_pairs: The second texts, for models of pairs.

    Returns:
        The texts with coloured words.
    """
    from models.attribution.attribution import Explainer
    from pipeline.report.pages.attribution import attribution_chart

    model = trained_model(pipeline)
    with pipeline.quiet():
        return attribution_chart(Explainer(str(model)).explain(_several(texts), text_pairs))


def trained_model(pipeline: "NotebookPipeline") -> Path:
    """Return the SavedModel that the Trainer of a pipeline wrote.

    Args:
        pipeline: A pipeline whose Trainer has run.

    Returns:
        Its folder.
    """
    from tfx.utils import path_utils

    return Path(path_utils.serving_model_dir(pipeline.artifact("Trainer", "model")))


def _several(texts: Sequence[str]) -> Sequence[str]:
    """Refuse a single text, each letter of which would be taken for one."""
    if isinstance(texts, str):
        raise InvalidInputError(f"give a list of texts: [{texts!r}]")
    return texts
