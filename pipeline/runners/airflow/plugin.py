"""The plugin that makes Airflow's web server know the links; found by its entry point."""

from pipeline.runners.airflow.links import ReportLink
from pipeline.runners.airflow.names import AirflowPlugin


class BertAasPlugin(AirflowPlugin):
    """What this project adds to Airflow."""

    name = "bert_aas"
    operator_extra_links = (ReportLink(),)
