"""The catalogue of nodes: one file says everything about one node.

`order.NODES` lists them. The graph, what nodes are told, past runs, the report, Airflow, Kubeflow
Pipelines and Vertex AI loop over that list.
"""
