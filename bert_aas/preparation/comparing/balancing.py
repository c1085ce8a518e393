"""Classes of equal size."""

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Places, RowFacts

Copies = npt.NDArray[np.int32]


def copies_of(rows: RowFacts, balance: str, splits: tuple[int, ...]) -> Copies:
    """Decide how often each row is there.

    Args:
        rows: All rows.
        balance: `none`, `downsample` or `upsample`.
        splits: Numbers of the splits that are balanced.

    Returns:
        int32 `[n]`: 0 for dropped rows, 1 for the others; in balanced splits 0 for what
        downsampling leaves out, more than 1 for what upsampling repeats. The hashes of the keys
        decide which rows.
    """
    copies: Copies = np.zeros(len(rows.reasons), np.int32)
    kept = rows.kept
    copies[kept] = 1
    for split in splits if balance != "none" else ():
        classes = _places_by_class(rows, kept[rows.splits[kept] == split])
        sizes = [len(places) for places in classes]
        for places in classes:
            wanted = min(sizes) if balance == "downsample" else max(sizes)
            whole, more = divmod(wanted, len(places))
            copies[places] = whole
            copies[places[:more]] += 1
    return copies


def _places_by_class(rows: RowFacts, places: Places) -> list[Places]:
    """Divide rows by class, each sorted by the hashes of the keys."""
    places = places[np.lexsort((rows.orders[places], rows.labels[places]))]
    starts = np.flatnonzero(np.diff(rows.labels[places], prepend=-1))
    return [part for part in np.split(places, starts) if len(part)]
