"""The commands of `bert-aas`, in alphabetical order."""

import click

from pipeline.commands import (
    bias,
    card,
    catalog,
    condition,
    data,
    doctor,
    encoder,
    explain,
    features,
    lineage,
    models,
    node,
    otherwise,
    predict,
    run,
    runs,
    sbom,
    sign,
    sql,
    traffic,
    verify,
)
from pipeline.commands import compile as compile_
from serving.cli import serve

COMMANDS: dict[str, click.Command] = {
    "bias": bias.bias,
    "card": card.card,
    "catalog": catalog.catalog,
    "compile": compile_.compile_,
    "condition": condition.condition,
    "data": data.data,
    "doctor": doctor.doctor,
    "encoder": encoder.encoder,
    "explain": explain.explain,
    "features": features.features,
    "lineage": lineage.lineage,
    "models": models.models,
    "node": node.node,
    "otherwise": otherwise.otherwise,
    "predict": predict.predict,
    "run": run.run,
    "runs": runs.runs,
    "sbom": sbom.sbom,
    "serve": serve,
    "sign": sign.sign,
    "sql": sql.sql,
    "traffic": traffic.traffic,
    "verify": verify.verify,
}
"""A new command is one file beside this one, and one entry here."""
