"""A bill of materials of a model in CycloneDX 1.6: model, packages, data and encoder with hashes.

Source:
    CycloneDX 1.6, JSON schema; Package URL, type `pypi`.
"""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from bert_aas.cards.facts import Evaluation, Figure, Group, ModelFacts, Package
from bert_aas.cards.human import CardParams
from bert_aas.contracts.files.locations import is_remote
from bert_aas.version import VERSION

_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:bert-aas:models")
_MODEL, _DATA, _ENCODER = "model", "data", "encoder"

Json = dict[str, Any]


def bill_of_materials(facts: ModelFacts, human: CardParams) -> Json:
    """Write the bill of materials of a model.

    Args:
        facts: What is known of the model.
        human: What people say of it.

    Returns:
        Values that JSON can hold. Number and time are those of the run that pushed it, so the same
        model has the same bill.
    """
    packages = [_package(one) for one in facts.environment.packages]
    parts = [*_sources(facts, human), *packages]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMES, _identity(facts))}",
        "version": 1,
        "metadata": {
            "timestamp": facts.made_at,
            "tools": {
                "components": [{"type": "application", "name": "bert-aas", "version": VERSION}]
            },
            "component": _model(facts, human),
        },
        "components": parts,
        "dependencies": [{"ref": _MODEL, "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _identity(facts: ModelFacts) -> str:
    return "/".join((facts.name, facts.run_id, facts.version, facts.sha256))


def _model(facts: ModelFacts, human: CardParams) -> Json:
    return {
        "type": "machine-learning-model",
        "bom-ref": _MODEL,
        "name": facts.name,
        "version": facts.version,
        **({"description": human.description} if human.description else {}),
        **({"authors": [{"name": human.owner}]} if human.owner else {}),
        **_hashes(facts.sha256),
        **_licences(human.licence),
        "modelCard": _card(facts, human),
        "components": [
            {"type": "file", "bom-ref": f"file:{name}", "name": name, **_hashes(content)}
            for name, content in facts.files.items()
        ],
        "properties": list(_properties(facts)),
    }


def _properties(facts: ModelFacts) -> Iterator[Json]:
    found = {
        "run": facts.run_id,
        "folder": facts.folder,
        "python": facts.environment.python,
        "system": facts.environment.system,
        **{f"code:{node}": content for node, content in facts.code.items()},
    }
    yield from (_property(name, value) for name, value in found.items() if value)


def _property(name: str, value: object) -> Json:
    return {"name": f"bert-aas:{name}", "value": str(value)}


def _card(facts: ModelFacts, human: CardParams) -> Json:
    parameters: Json = {
        "approach": {"type": "supervised"},
        "task": "text classification",
        "architectureFamily": "transformer",
        "modelArchitecture": "BERT",
        "datasets": [{"ref": _DATA}],
        "inputs": [{"format": "string"}],
        "outputs": [{"format": f"one of the classes {', '.join(facts.data.classes)}"}],
    }
    told = facts.training.hyperparameters
    return {
        "modelParameters": parameters,
        "quantitativeAnalysis": {"performanceMetrics": list(_metrics(facts.evaluation))},
        "considerations": _considerations(facts, human),
        "properties": [_property(f"hyperparameter:{name}", told[name]) for name in told],
    }


def _considerations(facts: ModelFacts, human: CardParams) -> Json:
    found: Json = {}
    if human.intended_use:
        found["useCases"] = [human.intended_use]
    limits = [text for text in (human.limits, human.out_of_scope) if text]
    if limits:
        found["technicalLimitations"] = limits
    if human.ethics:
        found["ethicalConsiderations"] = [{"name": human.ethics}]
    groups = [
        {
            "groupAtRisk": f"{row.facet} = {row.value}",
            "harms": ", ".join(f"{name} {_number(one.value)}" for name, one in row.figures.items()),
        }
        for bias in facts.bias
        for row in bias.rows
    ]
    return found | ({"fairnessAssessments": groups} if groups else {})


def _metrics(found: Evaluation) -> Iterator[Json]:
    yield from _figures(found.overall, "")
    for group in found.classes:
        yield from _figures(group.figures, f"class={group.name}")
    for group in found.slices:
        yield from _figures(group.figures, _slice(group))


def _slice(group: Group) -> str:
    return f"{group.column}={group.name}"


def _figures(figures: Mapping[str, Figure], where: str) -> Iterator[Json]:
    for name, figure in figures.items():
        metric: Json = {"type": name, "value": _number(figure.value)}
        if where:
            metric["slice"] = where
        if figure.low is not None and figure.high is not None:
            bounds = {"lowerBound": _number(figure.low), "upperBound": _number(figure.high)}
            metric["confidenceInterval"] = bounds
        yield metric


def _sources(facts: ModelFacts, human: CardParams) -> Iterator[Json]:
    data, training = facts.data, facts.training
    contents: Json = {"type": "dataset", "name": PurePath(data.source).name or data.source}
    address = _address(data.source)
    if address:
        contents["contents"] = {"url": address}
    yield {
        "type": "data",
        "bom-ref": _DATA,
        "name": PurePath(data.source).name or "data",
        **_hashes(data.sha256),
        **_licences(human.data_licence),
        "data": [contents],
        "properties": [_property(f"rows:{name}", rows) for name, rows in data.splits.items()],
    }
    if training.encoder:
        yield {
            "type": "machine-learning-model",
            "bom-ref": _ENCODER,
            "name": PurePath(training.encoder).name or training.encoder,
            **_hashes(training.encoder_sha256),
        }


def _package(one: Package) -> Json:
    address = f"pkg:pypi/{quote(one.name)}@{quote(one.version, safe='')}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": one.name,
        "version": one.version,
        "purl": address,
        **_licences(one.licence, is_expression=one.is_expression),
    }


def _hashes(content: str) -> Json:
    return {"hashes": [{"alg": "SHA-256", "content": content}]} if content else {}


def _licences(text: str | None, *, is_expression: bool = False) -> Json:
    if not text:
        return {}
    return {"licenses": [{"expression": text} if is_expression else {"license": {"name": text}}]}


def _address(source: str) -> str:
    if source.startswith("/"):
        return Path(source).as_uri()
    return quote(source, safe=":/?&=%+~@,;") if is_remote(source) else ""


def _number(value: float) -> str:
    return f"{value:.6g}"
