"""The confusion matrix, and the list of the most frequent confusions."""

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.report.charts.svg import Canvas, Point, fitting, tooltip
from pipeline.report.formatting import share

WIDTH = 420
_SIZE = 12
_MAX_NUMBERS = 8
_MAX_NAMES = 16
_MAX_CELL_HEIGHT = 64
_FULL_CELL = 0.75
_FAINTEST = 0.06


def confusion_matrix(classes: Sequence[str], confusion: Sequence[Sequence[int]]) -> Markup:
    """Draw the confusion matrix; colours are shares of the true class.

    Args:
        classes: Names, C.
        confusion: Rows by true and predicted class, `[C, C]`.

    Returns:
        The chart; with more than 8 classes the cells have no numbers, with more than 16 the
        axes no names.
    """
    count = len(classes)
    named = count <= _MAX_NAMES
    left = min(max((len(name) for name in classes), default=0) * 7.5 + 34, 140.0)
    corner = (left if named else 28.0, 46.0 if count <= _MAX_NUMBERS else 26.0)
    width = (WIDTH - corner[0] - 4) / max(count, 1)
    cell = (width, min(width, _MAX_CELL_HEIGHT))
    label = f"Confusion matrix, true class: rows by prediction. {_describe(classes, confusion)}"
    canvas = Canvas(WIDTH, corner[1] + cell[1] * count + 6, label)
    middle = (corner[0] + width * count / 2, corner[1] + cell[1] * count / 2)
    canvas.text((middle[0], 14), "predicted class", "tick", anchor="middle")
    canvas.vertical_text((12, middle[1]), "true class", "tick")
    if named:
        _names(canvas, classes, corner, cell)
    for i, counts in enumerate(confusion):
        for j, rows in enumerate(counts):
            place = (corner[0] + j * cell[0], corner[1] + i * cell[1])
            part = rows / max(sum(counts), 1)
            label = f"{classes[i]} → {classes[j]}: {rows:,} rows, {share(part)}"
            _cell(canvas, (place, cell), "cell-good" if i == j else "cell-bad", part, label)
            if count <= _MAX_NUMBERS:
                _figures(canvas, (place, cell), (rows, part), "on-good" if i == j else "on-bad")
    return canvas.markup()


def top_confusions(
    classes: Sequence[str], confusion: Sequence[Sequence[int]], limit: int = 8
) -> list[tuple[str, str, int, float]]:
    """List the most frequent wrong predictions.

    Args:
        classes: Names, C.
        confusion: Rows by true and predicted class, `[C, C]`.
        limit: How many to list.

    Returns:
        True class, predicted class, rows, share of the true class; the most frequent first.
    """
    found = [
        (classes[i], classes[j], rows, rows / max(sum(counts), 1))
        for i, counts in enumerate(confusion)
        for j, rows in enumerate(counts)
        if i != j and rows
    ]
    return sorted(found, key=lambda entry: -entry[2])[:limit]


def _names(canvas: Canvas, classes: Sequence[str], corner: Point, cell: Point) -> None:
    for i, name in enumerate(classes):
        y = corner[1] + (i + 0.5) * cell[1] + 4
        canvas.text((corner[0] - 8, y), fitting(name, corner[0] - 34, _SIZE), anchor="end")
        if len(classes) <= _MAX_NUMBERS:
            x = corner[0] + (i + 0.5) * cell[0]
            canvas.text((x, corner[1] - 10), fitting(name, cell[0], _SIZE), anchor="middle")


def _cell(canvas: Canvas, box: tuple[Point, Point], css: str, part: float, label: str) -> None:
    (x, y), (width, height) = box
    inset = 1.5 if width > 12 else 0.5  # noqa: PLR2004 - px
    size = (width - 2 * inset, height - 2 * inset)
    canvas.rect((x + inset, y + inset), size, "cell", radius=2 * inset)
    opacity = _FAINTEST + (1 - _FAINTEST) * part
    element = canvas.rect((x + inset, y + inset), size, css, radius=2 * inset, opacity=opacity)
    tooltip(element, label)


def _figures(
    canvas: Canvas, box: tuple[Point, Point], figures: tuple[int, float], on_full: str
) -> None:
    (x, y), (width, height) = box
    rows, part = figures
    centre = (x + width / 2, y + height / 2)
    css = f" {on_full}" if part > _FULL_CELL else ""
    canvas.text((centre[0], centre[1] - 1), f"{rows:,}", f"value{css}", anchor="middle")
    canvas.text((centre[0], centre[1] + 14), share(part, 0), f"small{css}", anchor="middle")


def _describe(classes: Sequence[str], confusion: Sequence[Sequence[int]]) -> str:
    if len(classes) > _MAX_NUMBERS:
        return f"{len(classes)} classes; the table lists the most frequent confusions."
    return "; ".join(
        f"{name}: " + ", ".join(f"{other} {rows:,}" for other, rows in zip(classes, row))  # noqa: B905
        for name, row in zip(classes, confusion)  # noqa: B905 - a matrix is square
    )
