"""Write a feature repository that Feast reads: definitions, settings, and one Parquet file a group.

A file holds one row for each record and event time: corrections are resolved, as Feast's file store
cannot order batches that lie in several files. A deletion is a row without features.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from bert_aas.catalogue.names import FEATURES, TableName
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.catalogue.sql.spelling import quoted
from bert_aas.catalogue.sql.writing import write_answer
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.opened_files import opened_file, writing_errors
from bert_aas.features.definitions import HISTORY, Definition, FeatureGroup
from bert_aas.features.store import FeatureStore
from bert_aas.features.tables import FeatureTables, moments_query
from bert_aas.features.types import feast_type

SETTINGS = """\
project: bert_aas
provider: local
registry: registry.db
offline_store:
  type: file
online_store:
  type: sqlite
  path: online_store.db
entity_key_serialization_version: 3
"""
_HEAD = '''\
"""Feature groups of bert-aas, written by `bert-aas features export`."""

from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Bool, Float32, Float64, Int32, Int64, String, UnixTimestamp

DATA = Path(__file__).parent / "data"
'''
_VALUE_TYPES = {"string": "STRING", "int32": "INT32", "int64": "INT64", "bool": "BOOL"}


def export_to_feast(
    store: FeatureStore, names: Sequence[str], folder: Path, limits: Limits
) -> list[str]:
    """Write a feature repository.

    Args:
        store: The store.
        names: Which groups; all if there is none.
        folder: The folder of the repository; files of these names are replaced.
        limits: What reading a group may take.

    Returns:
        The names of the groups.

    Raises:
        InvalidInputError: If there is no such group, Feast cannot have its record id, or the folder
            cannot be written.
    """
    groups = [store.group(name) for name in names] if names else store.groups()
    if not groups:
        raise InvalidInputError(f"{store.root} has no feature groups to export")
    text = _definitions(groups)
    for group in groups:
        _write_data(store, group, folder / "data" / f"{group.name}.parquet", limits)
    with writing_errors(folder):
        write_text(folder / "feature_store.yaml", SETTINGS)
        write_text(folder / "features.py", text)
    return [group.name for group in groups]


def _write_data(store: FeatureStore, group: FeatureGroup, file: Path, limits: Limits) -> None:
    version = group.version()
    definition = version.definition
    records = TableName(FEATURES, f"{group.name}_v{version.number}{HISTORY}")
    columns = ", ".join(map(quoted, definition.columns))
    query = (
        f"SELECT {columns} FROM ({moments_query(definition, records)}) "
        f"ORDER BY {quoted(definition.event_time)}, {quoted(definition.record_id)}"
    )
    with (
        opened_file(file, make_folder=True) as stream,
        asked(query, [FeatureTables(store)], limits) as answer,
    ):
        write_answer(answer, "parquet", stream)


def _definitions(groups: Sequence[FeatureGroup]) -> str:
    entities: dict[str, str] = {}
    views = []
    for group in groups:
        definition = group.version().definition
        entity = _entity(group.name, definition)
        if entities.setdefault(definition.record_id, entity) != entity:
            raise InvalidInputError(
                f"the record id '{definition.record_id}' has different types in the groups; export "
                "them one by one"
            )
        views.append(_view(group.name, definition, list(entities).index(definition.record_id)))
    made = [f"entity_{place} = {entity}\n" for place, entity in enumerate(entities.values())]
    return "\n".join([_HEAD, *made, *views])


def _entity(group: str, definition: Definition) -> str:
    kind = definition.columns[definition.record_id]
    if kind not in _VALUE_TYPES:
        raise InvalidInputError(f"Feast cannot have the record id of {group}, which is {kind}")
    name = json.dumps(definition.record_id)
    return f"Entity(name={name}, join_keys=[{name}], value_type=ValueType.{_VALUE_TYPES[kind]})"


def _view(group: str, definition: Definition, entity: int) -> str:
    fields = "\n".join(
        f"        Field(name={json.dumps(name)}, dtype={feast_type(definition.columns[name])}),"
        for name in definition.features
    )
    return f"""\
{group} = FeatureView(
    name={json.dumps(group)},
    entities=[entity_{entity}],
    ttl=timedelta(0),
    schema=[
{fields}
    ],
    source=FileSource(
        name="{group}_source",
        path=str(DATA / "{group}.parquet"),
        timestamp_field={json.dumps(definition.event_time)},
    ),
)
"""
