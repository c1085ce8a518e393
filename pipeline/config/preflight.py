"""Check configuration, data and encoder before any long work starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.conditions.checking import check_classes
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.signing import check_signing_key
from bert_aas.preparation.label_errors import check_cleanlab
from components.example_gen.kept_summary import inspect_once
from components.example_gen.preflight import inspect
from components.example_gen.splitting.analysis import SourceSummary
from components.preparer.columns import check_dropped_columns
from models.environment import cache_dir
from pipeline.config.card_file import read_card
from pipeline.config.layout import check_names, output_layout
from pipeline.config.pipeline_config import PipelineConfig

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule


def check_places(config: PipelineConfig) -> None:
    """Refuse places that nodes could not write, and a card's file that cannot be used.

    Args:
        config: The configuration.

    Raises:
        InvalidInputError: For the first one.
    """
    check_names(output_dir=config.output_dir, push__directory=config.push.directory)
    read_card(config.card)


def check_data(config: PipelineConfig, *, use_cache: bool = True) -> SourceSummary:
    """Look at the rows: file, columns, classes, encoding.

    Args:
        config: The configuration.
        use_cache: Whether what an earlier run found in the same data may be used.

    Returns:
        What was found.

    Raises:
        InvalidInputError: If the data cannot be used, a slice or a facet names no column, a column
            that is needed is to be left out, or rows without a label are kept and nothing drops
            them; or if cleanlab is needed and not there.
    """
    if config.data.unlabelled == "keep" and not config.prepare.enabled:
        raise InvalidInputError(
            "data.unlabelled: keep needs the Preparer, which drops such rows; set "
            "prepare.enabled: true"
        )
    layout = output_layout(config.output_dir)
    if use_cache and not is_remote(layout.root):
        summary = inspect_once(config.rows, layout.data_summary)
    else:
        summary = inspect(config.rows)
    bias = config.bias.named_columns() if config.bias.enabled else ()
    time = _event_time(config)
    named = {"evaluate.slices": config.evaluate.slices, "bias": bias}
    named["features.event_time_column"] = time
    for setting, columns in named.items():
        for column in columns:
            if column not in summary.columns:
                raise InvalidInputError(
                    f"`{setting}` names {column!r}, which is not a column of "
                    f"{config.data.path}; its columns are {', '.join(summary.columns)}"
                )
    _check_classes(config, summary)
    if config.prepare.enabled:
        _check_label_map(config)
        if config.prepare.label_errors != "off":
            check_cleanlab()
        data = config.data
        needed = [data.text_column, data.text_pair_column, data.label_column]
        needed += [*config.evaluate.slices, *bias, *time]
        check_dropped_columns(config.prepare.drop_columns, summary.columns, needed)
    return summary


def _check_classes(config: PipelineConfig, summary: SourceSummary) -> None:
    """Refuse conditions and tests about classes that the model will not have."""
    classes = {*summary.labels.counts}
    if config.prepare.enabled:
        renamed = config.prepare.label_map
        classes -= {old for olds in renamed.values() for old in olds}
        classes = (classes | {*renamed}) - {*config.prepare.drop_labels}
    rows = (row for test in config.tests for row in test.rows)
    labels = {row.label for row in rows if row.label is not None}
    try:
        check_classes(config.evaluate.conditions, classes)
    except ValueError as exc:
        raise InvalidInputError(f"`evaluate.conditions`: {exc}") from exc
    for label in sorted(labels - classes):
        raise InvalidInputError(
            f"`tests` has the label {label!r}, which the data do not have; their classes are "
            f"{', '.join(sorted(classes))}"
        )


def _check_label_map(config: PipelineConfig) -> None:
    """Refuse a map that the labels of a feature group have gone through already."""
    if not config.data.is_feature_group or not config.prepare.label_map:
        return
    from bert_aas.features.snapshots import addressed  # DuckDB

    _, _, version = addressed(config.data.path)
    earlier = version.definition.label_rules
    if earlier is not None and earlier.label_map == config.prepare.label_map:
        raise InvalidInputError(
            f"the labels of {config.data.path} have gone through this `prepare.label_map` already, "
            "when the rows were kept; leave it out (--set prepare.label_map={})"
        )


def _event_time(config: PipelineConfig) -> tuple[str, ...]:
    column = config.features.event_time_column if config.features.enabled else None
    return (column,) if column else ()


def check_anomaly_names(config: PipelineConfig) -> None:
    """Refuse anomaly types that TFDV does not know, and a curated schema that is not there.

    Args:
        config: The configuration.

    Raises:
        InvalidInputError: For the first one.
    """
    from components.example_validator.anomalies import check_names

    check_names(config.validate_data.stop_on)
    schema = config.validate_data.schema_path
    if schema is not None and not Path(schema).is_file():
        raise InvalidInputError(f"`validate.schema_path` is {schema!r}, which is not a file")


def check_sign_key(config: PipelineConfig) -> None:
    """Refuse a key with which no model could be signed.

    Args:
        config: The configuration.

    Raises:
        InvalidInputError: If it is none, or the extra `sign` is not installed.
    """
    if config.push.sign_key is not None:
        check_signing_key(Path(config.push.sign_key))


def check_encoder(config: PipelineConfig) -> EncoderModule:
    """Resolve the encoder and compare it with the configuration.

    Args:
        config: The configuration.

    Returns:
        The encoder, ready to be loaded.

    Raises:
        InvalidInputError: If there is no such encoder, or the rows are longer than it can read.
    """
    from models.encoders.resolving import resolve

    encoder = resolve(config.encoder, cache_dir())
    if config.transform.max_seq_length > encoder.max_seq_length:
        raise InvalidInputError(
            f"`transform.max_seq_length` is {config.transform.max_seq_length}, but the encoder "
            f"{config.encoder.source!r} reads at most {encoder.max_seq_length} tokens"
        )
    return encoder
