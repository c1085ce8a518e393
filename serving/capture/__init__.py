"""Requests and their answers, written down for later: as JSON lines and as PredictionLogs."""
