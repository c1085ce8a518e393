"""A model card as a document: sections of paragraphs, lists of facts, tables and pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bert_aas.cards.facts import Bias, Data, Evaluation, Figure, Group, ModelFacts, Training
from bert_aas.cards.human import CardParams

_MISSING = "\N{EN DASH}"
_BYTES_PER_MB = 1_000_000
_MOST_PARAMETERS = 60
_OVERALL, _CLASSES, _SLICES = "overall", "classes", "slices"
CLASS_METRICS = ("precision", "recall", "f1", "auc")
SLICE_METRICS = ("accuracy", "macro_f1", "macro_recall")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Names with values."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under titles; the first column names the row."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """Where a picture belongs, for what shows pictures."""

    name: str
    caption: str


Block = Paragraph | Facts | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A card: its title, a sentence about the model, its sections."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def card_document(facts: ModelFacts, human: CardParams) -> Document:
    """Put a model card together.

    Args:
        facts: What is known of the model.
        human: What people say of it.

    Returns:
        The document.
    """
    sections = (
        _model(facts, human),
        _use(human),
        _data(facts.data, human),
        _training(facts.training),
        _evaluation(facts.evaluation),
        _bias(facts.bias),
        _conditions(facts),
        _environment(facts),
    )
    return Document(
        title=human.title or f"{facts.name} {facts.version}",
        lead=human.description or "A BERT classifier of texts.",
        sections=tuple(section for section in sections if section.blocks),
    )


def shown_figure(figure: Figure | None) -> str:
    """Write a figure with its interval.

    Args:
        figure: The figure, if there is one.

    Returns:
        For example `0.884 (0.850 to 0.910)`.
    """
    if figure is None:
        return _MISSING
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def in_words(name: str) -> str:
    """Write the name of a metric for people.

    Args:
        name: For example `macro_f1`.

    Returns:
        For example `macro F1`.
    """
    words = name.replace("_", " ")
    return words.replace("f1", "F1").replace("auc", "AUC")


def _model(facts: ModelFacts, human: CardParams) -> Section:
    pairs = [
        ("Name", facts.name),
        ("Version", facts.version),
        ("Kind", "text classification, fine-tuned BERT"),
        ("Classes", ", ".join(facts.data.classes) or _MISSING),
        ("Languages", human.stated("languages")),
        ("Owner", human.stated("owner")),
        ("Contact", human.stated("contact")),
        ("Licence", human.stated("licence")),
        ("Made by run", facts.run_id),
        ("Pushed at" if facts.is_pushed else "Registered at", facts.made_at),
        *([("Registered as", facts.registered)] if facts.registered else []),
        ("Size", f"{facts.size_bytes / _BYTES_PER_MB:.1f} MB"),
        ("Faster forms", ", ".join(facts.forms) or "none"),
        ("SHA-256 of the folder", facts.sha256 or _MISSING),
    ]
    return Section("Model", (Facts(tuple(pairs)),))


def _use(human: CardParams) -> Section:
    pairs = (
        ("Intended use", human.stated("intended_use")),
        ("Not meant for", human.stated("out_of_scope")),
        ("Limits", human.stated("limits")),
        ("Ethical considerations", human.stated("ethics")),
        ("Risk", human.stated("risk")),
        ("Business problem", human.stated("business_problem")),
    )
    return Section("Intended use and limits", (Facts(pairs),))


def _data(data: Data, human: CardParams) -> Section:
    pairs = [
        ("Source", data.source),
        ("SHA-256", data.sha256 or _MISSING),
        ("Licence of the data", human.stated("data_licence")),
        ("Texts", ", ".join(data.text_columns) or _MISSING),
        ("Label", data.label_column or _MISSING),
    ]
    blocks: list[Block] = [Facts(tuple(pairs))]
    if data.split_by:
        blocks.append(Paragraph(f"Splits: {data.split_by}"))
    if data.splits:
        rows = tuple(_split_rows(data))
        blocks += [
            Table(("Split", "Rows", *data.classes), rows),
            Picture("classes", "Share of each class: train blue, eval orange, test grey"),
        ]
    blocks += [Paragraph(limit) for limit in data.limits]
    if data.schema:
        blocks.append(Table(("Column", "Type", "Values"), data.schema))
    return Section("Data", tuple(blocks))


def _split_rows(data: Data) -> Iterator[tuple[str, ...]]:
    for split, rows in data.splits.items():
        counts = data.class_counts.get(split, ())
        cells = [f"{count:,}" for count in counts] or [_MISSING] * len(data.classes)
        yield (split, f"{rows:,}", *cells)


def _training(training: Training) -> Section:
    pairs = [
        ("Encoder", training.encoder or _MISSING),
        ("SHA-256 of the encoder", training.encoder_sha256 or _MISSING),
    ]
    pairs += [("Teacher", training.teacher)] if training.teacher else []
    pairs += [("Precision", training.precision)] if training.precision else []
    if training.best_epoch is not None:
        pairs.append(("Epoch that was kept", str(training.best_epoch)))
    blocks: list[Block] = [Facts(tuple(pairs))]
    if training.epochs:
        names = tuple(training.epochs[0])
        rows = tuple(tuple(_number(epoch.get(name)) for name in names) for epoch in training.epochs)
        titles = tuple(in_words(name) for name in names)
        blocks += [
            Table(titles, rows),
            Picture("learning", "Accuracy by epoch: train blue, eval orange"),
        ]
    told = list(training.parameters.items())[:_MOST_PARAMETERS]
    if told:
        rows = tuple((name, _number(value)) for name, value in told)
        blocks.append(Table(("Parameter", "Value"), rows))
    return Section("Training", tuple(blocks))


def _evaluation(found: Evaluation) -> Section:
    if not found.overall:
        return Section("Evaluation", ())
    blocks: list[Block] = [
        Paragraph(
            f"{found.rows:,} rows of the test split, which the training never saw. In brackets: "
            "95 % confidence intervals."
        )
    ]
    if found.verdict:
        blocks.append(Paragraph(found.verdict[0].upper() + found.verdict[1:] + "."))
    blocks.append(_overall(found))
    if found.classes:
        blocks += [
            _groups("Class", found.classes, CLASS_METRICS),
            Picture("confusion", "Confusion matrix: rows by true class, columns by answer"),
        ]
    for column in dict.fromkeys(group.column for group in found.slices):
        groups = [group for group in found.slices if group.column == column]
        names = tuple(dict.fromkeys((found.metric, *SLICE_METRICS)))
        blocks += [
            _groups(column, groups, names),
            Picture(f"slices:{column}", f"{in_words(found.metric)} by {column}"),
        ]
    return Section("Evaluation", tuple(blocks))


def _overall(found: Evaluation) -> Table:
    titles = ("Metric", "This model", *(("Latest blessed",) if found.baseline else ()))
    rows = []
    for name, figure in found.overall.items():
        before = found.baseline.get(name)
        cell = (_number(before),) if found.baseline else ()
        decides = " (decides)" if name == found.metric else ""
        rows.append((f"{in_words(name)}{decides}", shown_figure(figure), *cell))
    return Table(titles, tuple(rows))


def _groups(title: str, groups: Sequence[Group], names: Sequence[str]) -> Table:
    rows = tuple(
        (
            group.name,
            f"{group.rows:,}",
            *(shown_figure(group.figures.get(name)) for name in names),
        )
        for group in groups
    )
    return Table((title, "Rows", *map(in_words, names)), rows)


def _bias(found: Sequence[Bias]) -> Section:
    blocks: list[Block] = []
    for one in found:
        blocks.append(Paragraph(f"Bias {one.when}: {one.verdict}"))
        names = tuple(dict.fromkeys(name for row in one.rows for name in row.figures))
        if one.rows:
            rows = tuple(
                (
                    f"{row.facet} = {row.value}",
                    row.positive or "all",
                    f"{row.rows:,}",
                    *(shown_figure(row.figures.get(name)) for name in names),
                )
                for row in one.rows
            )
            blocks.append(Table(("Group", "Positive class", "Rows", *names), rows))
    return Section("Bias", tuple(blocks))


def _conditions(facts: ModelFacts) -> Section:
    rows = tuple((one.name, one.outcome, one.sentence) for one in facts.conditions)
    table = Table(("Condition", "Outcome", "What was measured"), rows)
    return Section("Conditions", (table,) if rows else ())


def _environment(facts: ModelFacts) -> Section:
    found = facts.environment
    pairs = [
        ("Python", found.python or _MISSING),
        ("System", found.system or _MISSING),
        ("Packages", f"{len(found.packages)}, listed in the bill of materials"),
    ]
    blocks: list[Block] = [Facts(tuple(pairs))]
    if facts.code:
        rows = tuple(facts.code.items())
        blocks.append(Table(("Node", "Fingerprint of its code"), rows))
    blocks += [Paragraph(note) for note in (found.recorded, *facts.notes) if note]
    return Section("Environment and code", tuple(blocks))


def _number(value: object) -> str:
    if value is None:
        return _MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_number(item) for item in value) or _MISSING
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_number(item)}" for name, item in value.items()) or _MISSING
    return str(value)
