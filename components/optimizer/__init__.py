"""Optimizer: a faster form of the model beside the SavedModel, where it is as good."""

from bert_aas.contracts.processes.telemetry import leave_out_telemetry

leave_out_telemetry()  # before any module here imports OpenVINO
