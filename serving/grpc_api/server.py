"""Builds the gRPC server: which methods there are, and the limits of its transport.

What is not registered here (server reflection, `SessionService`) answers UNIMPLEMENTED.

Source:
    TensorFlow Serving, `model_servers/server.cc`.
"""

from collections.abc import Callable
from typing import Any

import grpc

from serving.capture.recorder import Recorder
from serving.data_plane import DataPlane
from serving.grpc_api import model_service, prediction_service, profiler_service
from serving.grpc_api.calls import Caller, Method
from serving.grpc_api.draining import DrainingServer
from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.pools import LimitedHandlers, Pools
from serving.observing.observer import Observer, Tracer
from serving.runtime.protos import load_protos


def create_grpc_server(
    plane: DataPlane,
    options: GrpcOptions,
    observer: Observer,
    tracer: Tracer,
    read_counter: Callable[[str], int | None] = lambda _name: None,
    recorder: Recorder | None = None,
) -> Any:
    """Build the gRPC server; it has no port yet.

    Args:
        plane: The models.
        options: Limits and switches.
        observer: Is told of every request.
        tracer: Opens a span per request.
        read_counter: Value of a metric by upstream's name, which answers of
            HandleReloadConfigRequest may contain; None for metrics that are not there.
        recorder: Captures requests; None captures none.

    Returns:
        A `grpc.Server`. Its `stop` drains: health turns to NOT_SERVING, new requests are refused.

    Raises:
        SettingsError: If a channel argument is no pair.
    """
    pools = Pools(options.max_threads, options.max_concurrent_requests)
    server = grpc.server(pools.data, options=options.channel_options())
    models = model_service.ModelService(plane, read_counter, options.enable_reload)
    methods = _prediction_methods(options, pools) + _model_methods(models, pools)
    if options.enable_profiler:
        methods += profiler_service.ProfilerService().methods(pools.control)
    caller = Caller(plane, observer, tracer, recorder)
    limited = {f"/{method.service}/{method.name}" for method in methods if method.pool is None}
    for service in {method.service: None for method in methods}:
        handlers = {
            method.name: caller.handler(method) for method in methods if method.service == service
        }
        found = grpc.method_handlers_generic_handler(service, handlers)
        server.add_generic_rpc_handlers((LimitedHandlers(found, limited, pools),))
    if not options.enable_health_check:
        return server
    from serving.grpc_api.health import HealthService  # an optional service, an optional package

    health = HealthService(plane.is_ready)
    health.register(server, pools.control)
    return DrainingServer(server, health)


def _prediction_methods(options: GrpcOptions, pools: Pools) -> list[Method]:
    protos, name = load_protos(), prediction_service.SERVICE
    service = prediction_service.PredictionService(
        options.serialize_as_tensor_content, options.check_method_names
    )
    classification, metadata = protos.classification_pb2, protos.get_model_metadata_pb2
    inference, regression = protos.inference_pb2, protos.regression_pb2
    return [
        Method(name, "Predict", protos.predict_pb2.PredictRequest, service.predict),
        Method(name, "Classify", classification.ClassificationRequest, service.classify),
        Method(name, "Regress", regression.RegressionRequest, service.regress),
        Method(name, "MultiInference", inference.MultiInferenceRequest, service.multi_inference),
        Method(
            name,
            "GetModelMetadata",
            metadata.GetModelMetadataRequest,
            service.get_model_metadata,
            pools.control,
        ),
    ]


def _model_methods(service: model_service.ModelService, pools: Pools) -> list[Method]:
    protos, name = load_protos(), model_service.SERVICE
    status, management = protos.get_model_status_pb2, protos.model_management_pb2
    return [
        Method(
            name,
            "GetModelStatus",
            status.GetModelStatusRequest,
            service.get_model_status,
            pools.control,
        ),
        Method(
            name,
            "HandleReloadConfigRequest",
            management.ReloadConfigRequest,
            service.handle_reload_config_request,
            pools.reload,
        ),
    ]
