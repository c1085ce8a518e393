"""The DAGs of all compiled pipelines, for Airflow 2.10 or later and 3.

Each folder that `bert-aas compile --runner airflow --output DIR` wrote becomes one DAG. DIR is
`$BERT_AAS_PIPELINES`, by default the folder `pipelines` beside this file.
"""

from pathlib import Path

from pipeline.environment import pipelines_dir
from pipeline.runners.airflow.dag import load_dags

globals().update(load_dags(pipelines_dir(Path(__file__).parent / "pipelines")))
