"""Writes metrics exactly as TensorFlow Serving does.

`prometheus_client` keeps the numbers; its own text has help lines, `_total` and `_created`, which
dashboards made for TensorFlow Serving do not know.

Source:
    TensorFlow Serving, `util/prometheus_exporter.cc`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from prometheus_client.core import Metric
from prometheus_client.samples import Sample

_SUFFIXES = ("", "_bucket", "_sum", "_count")  # in this order; the rest is left out
_LIMIT = "le"


class Collectable(Protocol):
    """A metric of `prometheus_client`, or what behaves like one."""

    def collect(self) -> Iterable[Metric]:
        """Return the present values."""
        ...


@dataclass(frozen=True)
class Family:
    """A metric under the name that clients know.

    Attributes:
        name: Its name, such as `:tensorflow:serving:request_count`.
        kind: `counter`, `gauge` or `histogram`.
        metric: Its values; the name it has of its own does not matter.
    """

    name: str
    kind: str
    metric: Collectable


def render(families: Sequence[Family]) -> bytes:
    """Write the page.

    Args:
        families: The metrics, in the order of the page.

    Returns:
        The page's UTF-8 text; a metric without values yet has its `# TYPE` line only.
    """
    lines: list[str] = []
    for family in families:
        lines.append(f"# TYPE {family.name} {family.kind}")
        for metric in family.metric.collect():
            lines.extend(_lines(family.name, metric))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _lines(name: str, metric: Metric) -> Iterator[str]:
    for _, samples in groupby(metric.samples, key=_labels_without_limit):
        known = [(_suffix(metric, sample), sample) for sample in samples]
        ordered = (pair for pair in known if pair[0] in _SUFFIXES)
        for suffix, sample in sorted(ordered, key=lambda pair: _SUFFIXES.index(pair[0])):
            yield f"{name}{suffix}{{{_labels(sample)}}} {_number(sample.value)}"


def _labels_without_limit(sample: Sample) -> list[tuple[str, str]]:
    return [pair for pair in sample.labels.items() if pair[0] != _LIMIT]


def _suffix(metric: Metric, sample: Sample) -> str:
    return sample.name.removeprefix(metric.name).removesuffix("_total")


def _labels(sample: Sample) -> str:
    pairs = [(key, value) for key, value in sample.labels.items() if key != _LIMIT]
    if _LIMIT in sample.labels:
        limit = sample.labels[_LIMIT]
        pairs.append((_LIMIT, limit if limit == "+Inf" else f"{float(limit):g}"))
    return ",".join(f'{key}="{_escape(value)}"' for key, value in pairs)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)
