"""Plan files for tests, swapped in by one rename as a writer of plans does."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from bert_aas.traffic.plans.documents import write_plans
from bert_aas.traffic.plans.plan import Arm, Plan


def ab(model: str, shares: dict[int | str, float], **changes: Any) -> Plan:
    """Return an A/B plan with these shares by version, the champion first."""
    arms = tuple(Arm(version, float(share)) for version, share in shares.items())
    return dataclasses.replace(Plan(model, "ab", arms, "s", 0.0), **changes)


def put(file: Path, *plans: Plan) -> Path:
    """Write plans to a file as a whole."""
    return put_text(file, json.dumps(write_plans({plan.model: plan for plan in plans})))


def put_text(file: Path, text: str) -> Path:
    """Write any text to a file as a whole."""
    aside = file.with_name(f"{file.name}.new")
    aside.write_text(text)
    return aside.rename(file)
