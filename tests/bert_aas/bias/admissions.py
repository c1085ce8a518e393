"""Admissions to Berkeley's six largest departments in autumn 1973.

Source:
    Bickel, Hammel and O'Connell 1975, "Sex bias in graduate admissions: data from Berkeley".
"""

import numpy as np

DEPARTMENTS = {
    "A": {"m": (313, 512), "f": (19, 89)},
    "B": {"m": (207, 353), "f": (8, 17)},
    "C": {"m": (205, 120), "f": (391, 202)},
    "D": {"m": (279, 138), "f": (244, 131)},
    "E": {"m": (138, 53), "f": (299, 94)},
    "F": {"m": (351, 22), "f": (317, 24)},
}
"""Rejected and admitted men and women."""

MEN, WOMEN = (
    np.array([department[sex] for department in DEPARTMENTS.values()], np.int64)
    for sex in ("m", "f")
)


def rows() -> dict[str, list[str]]:
    """Give one row per person."""
    table: dict[str, list[str]] = {"department": [], "sex": [], "admitted": []}
    for department, counts in DEPARTMENTS.items():
        for sex, outcomes in counts.items():
            for outcome, number in zip(("no", "yes"), outcomes, strict=True):
                table["department"] += [department] * number
                table["sex"] += [sex] * number
                table["admitted"] += [outcome] * number
    return table
