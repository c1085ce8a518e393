"""The names in `analysis.json` that its readers share."""

ANALYSIS_FILE = "analysis.json"
OWN_KEY = "bert_aas"
"""Where our own figures are, beside those in the schema of SageMaker Clarify."""

STOPPED_FILE = "stopped.json"
"""What a run measured that a limit stopped, beside the folders of ModelBiasDetector's output."""
