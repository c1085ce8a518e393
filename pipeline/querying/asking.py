"""`bert_aas.sql`: ask the tables of a project from Python."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.captured.tables import CapturedTable
from bert_aas.catalogue.catalogued import CataloguedTables
from bert_aas.catalogue.contents import Provider
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.catalogue.sql.statements import DUCKDB
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.features.tables import FeatureTables
from pipeline.querying.late_runs import LateRunTables
from pipeline.querying.places import open_catalogue, open_features, requests_folder, run_folders

if TYPE_CHECKING:
    import pandas as pd


def sql(
    query: str,
    *,
    catalog: str | Path | None = None,
    output_dirs: Sequence[str] = (),
    dialect: str = DUCKDB,
    limits: Limits | None = None,
) -> "pd.DataFrame":
    """Ask a query over catalogued tables, feature groups, captured requests, runs and splits.

    Args:
        query: One query; nothing else is allowed.
        catalog: The file of the catalogue; by default `.bert-aas/catalog.json` in the working
            folder, or what `BERT_AAS_CATALOG` names.
        output_dirs: The output folders of runs; by default those in `output`.
        dialect: The SQL that it is written in: `duckdb`, `athena`, `presto`, `trino` …
        limits: Memory and time that it may take.

    Returns:
        A DataFrame.

    Raises:
        InvalidInputError: If it is no query, names what is not there, or takes too much.

    Example:
        >>> import bert_aas
        >>> bert_aas.sql("SELECT 6 * 7 AS answer")
           answer
        0      42
    """
    providers = project_tables(catalog, output_dirs)
    with file_errors(), asked(query, providers, limits or Limits(), dialect) as answer:
        frame: pd.DataFrame = answer.frame()
        return frame


def project_tables(catalog: str | Path | None, output_dirs: Sequence[str]) -> list[Provider]:
    """List who offers the tables of a project.

    Args:
        catalog: The file of the catalogue, if it is not where it usually is.
        output_dirs: The output folders of runs, if the user named some.

    Returns:
        The catalogue, the feature groups, captured requests, and the runs. None is read yet.

    Raises:
        InvalidInputError: If a folder that was named holds no runs.
    """
    folders = run_folders(output_dirs) if output_dirs else None
    return [
        CataloguedTables(open_catalogue(catalog)),
        FeatureTables(open_features()),
        CapturedTable(requests_folder()),
        LateRunTables(lambda: run_folders() if folders is None else folders),
    ]
