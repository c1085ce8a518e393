"""A small SVG builder: a tree of elements, so every text of the data leaves it escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup

from bert_aas.contracts.plain_text import printable
from pipeline.report.formatting import shorten

Point = tuple[float, float]

_CHAR_WIDTH = 0.62
"""Mean width of a character over the font size, of the wider system fonts."""


class Canvas:
    """One chart, drawn in units of CSS pixels at its natural size."""

    def __init__(self, width: float, height: float, label: str, css: str = "chart") -> None:
        """Start an empty chart.

        Args:
            width: Natural width, px; smaller screens scale it down.
            height: Natural height, px.
            label: What the chart shows, read out to those who cannot see it.
            css: Class of the `svg` element.
        """
        self.width, self.height = width, height
        self._root = ET.Element(
            "svg",
            {
                "viewBox": f"0 0 {_coordinate(width)} {_coordinate(height)}",
                "width": _coordinate(width),
                "height": _coordinate(height),
                "class": css,
                "role": "img",
                "aria-label": printable(label),
            },
        )

    def line(self, start: Point, end: Point, css: str) -> None:
        """Draw a straight line."""
        x1, y1, x2, y2 = map(_coordinate, (*start, *end))
        ET.SubElement(self._root, "line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": css})

    def rect(
        self, corner: Point, size: Point, css: str, *, radius: float = 0, opacity: float = 1
    ) -> ET.Element:
        """Draw a rectangle.

        Args:
            corner: Upper left corner.
            size: Width and height.
            css: Class, which gives the colour.
            radius: Of the corners.
            opacity: Of the filling.

        Returns:
            The element, for `tooltip`.
        """
        x, y, width, height = map(_coordinate, (*corner, max(size[0], 0), max(size[1], 0)))
        attributes = {"x": x, "y": y, "width": width, "height": height, "class": css}
        if radius:
            attributes["rx"] = _coordinate(radius)
        if opacity != 1:
            attributes["fill-opacity"] = f"{opacity:.3f}"
        return ET.SubElement(self._root, "rect", attributes)

    def circle(self, centre: Point, radius: float, css: str) -> ET.Element:
        """Draw a dot and return it, for `tooltip`."""
        x, y, r = map(_coordinate, (*centre, radius))
        return ET.SubElement(self._root, "circle", {"cx": x, "cy": y, "r": r, "class": css})

    def path(self, commands: str, css: str) -> None:
        """Draw a path of SVG commands."""
        ET.SubElement(self._root, "path", {"d": commands, "class": css})

    def polyline(self, points: Sequence[Point], css: str) -> None:
        """Draw a line through points."""
        listed = " ".join(f"{_coordinate(x)},{_coordinate(y)}" for x, y in points)
        ET.SubElement(self._root, "polyline", {"points": listed, "class": css})

    def text(self, at: Point, content: str, css: str = "label", *, anchor: str = "start") -> None:
        """Write a text.

        Args:
            at: Its anchor on the base line.
            content: The text, not escaped yet.
            css: Class.
            anchor: `start`, `middle` or `end`.
        """
        x, y = map(_coordinate, at)
        attributes = {"x": x, "y": y, "class": css, "text-anchor": anchor}
        ET.SubElement(self._root, "text", attributes).text = printable(content)

    def vertical_text(self, at: Point, content: str, css: str = "label") -> None:
        """Write a text from bottom to top, centred at a point."""
        x, y = map(_coordinate, at)
        attributes = {"transform": f"translate({x} {y}) rotate(-90)", "class": css}
        ET.SubElement(self._root, "text", attributes | {"text-anchor": "middle"}).text = printable(
            content
        )

    def markup(self) -> Markup:
        """Return the chart for a template."""
        return Markup(ET.tostring(self._root, encoding="unicode"))  # noqa: S704 - ET escapes


def tooltip(element: ET.Element, content: str) -> None:
    """Show a text while the pointer is over an element."""
    ET.SubElement(element, "title").text = printable(content, lines=True)


@dataclass(frozen=True)
class Scale:
    """A linear map from values to pixels.

    Attributes:
        low: Value at `start`.
        high: Value at `end`.
        start: Pixel.
        end: Pixel.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; values outside stay at the rim."""
        span = (self.high - self.low) or 1
        inside = min(max(value, min(self.low, self.high)), max(self.low, self.high))
        return self.start + (inside - self.low) / span * (self.end - self.start)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Choose round values for an axis.

    Args:
        low: Lowest value shown.
        high: Highest value shown.
        count: About how many.

    Returns:
        Multiples of 1, 2 or 5 times a power of ten within the range.
    """
    span = high - low
    if span <= 0:
        return [low]
    raw = span / count
    power = 10.0 ** _exponent(raw)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = round(-(-low // step))
    found: list[float] = []
    while (first + len(found)) * step <= high + step * 1e-6:
        found.append((first + len(found)) * step)
    return found


def fitting(content: str, width: float, size: float) -> str:
    """Cut a text so that it fits into a chart.

    Args:
        content: The text.
        width: Room, px.
        size: Font size, px.

    Returns:
        The text, its middle cut out if it was too long.
    """
    limit = max(int(width / (_CHAR_WIDTH * size)), 2)
    return shorten(content, limit)


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _coordinate(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
