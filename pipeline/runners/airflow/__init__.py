"""Airflow: one DAG per compiled pipeline, one task per node.

`package` is written where pipelines are compiled and needs no Airflow. The other modules run in
Airflow's environment, which has neither TFX nor TensorFlow: of this project they import only
modules that need the standard library alone.
"""

from pipeline.runners.airflow.own_package import import_own_package

import_own_package()  # before anything imports from it
