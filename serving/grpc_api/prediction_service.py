"""`tensorflow.serving.PredictionService`: thin handlers over the data plane.

Source:
    TensorFlow Serving, `apis/prediction_service.proto`, `servables/tensorflow/*_impl.cc`.
"""

from typing import Any

from serving.errors import InvalidArgumentError
from serving.grpc_api import messages
from serving.grpc_api.calls import Call
from serving.runtime import tensor_proto
from serving.runtime.examples import to_examples
from serving.runtime.protos import load_protos
from serving.servables.classification import Classifications, classify
from serving.servables.multi_inference import InferenceTask, multi_inference
from serving.servables.regression import regress
from serving.servables.result_messages import fill_classifications, fill_regressions

SERVICE = "tensorflow.serving.PredictionService"

_SIGNATURE_DEF = "signature_def"


class PredictionService:
    """The methods: each takes a request message and returns the answer or raises ServingError."""

    def __init__(self, as_content: bool = False, check_method_names: bool = False) -> None:
        """Prepare.

        Args:
            as_content: Answer with `tensor_content` instead of typed fields.
            check_method_names: Let only signatures declared for it classify and regress.
        """
        self._as_content = as_content
        self._check = check_method_names
        self._protos = load_protos()

    def predict(self, request: Any, call: Call) -> Any:
        """Answer `Predict`."""
        response = self._protos.predict_pb2.PredictResponse()
        signature_name = request.model_spec.signature_name
        with call.use(messages.to_query(request), request) as model:
            inputs = {
                alias: tensor_proto.to_array(alias, proto)
                for alias, proto in request.inputs.items()
            }
            with call.timed():
                wanted = list(request.output_filter)
                outputs = model.call(signature_name, inputs, wanted, call.deadline)
            call.note("predict", model, signature_name, inputs, outputs)
            messages.fill_spec(response.model_spec, model, signature_name)
        for alias, array in outputs.items():
            tensor_proto.fill_proto(response.outputs[alias], array, self._as_content)
        return response

    def classify(self, request: Any, call: Call) -> Any:
        """Answer `Classify`."""
        response = self._protos.classification_pb2.ClassificationResponse()
        signature_name = request.model_spec.signature_name
        with call.use(messages.to_query(request), request) as model:
            examples = to_examples(request.input)
            with call.timed():
                found = classify(model, signature_name, examples, call.deadline, self._check)
            call.note("classify", model, signature_name, examples, found)
            messages.fill_spec(response.model_spec, model, signature_name)
        fill_classifications(response.result, found)
        return response

    def regress(self, request: Any, call: Call) -> Any:
        """Answer `Regress`."""
        response = self._protos.regression_pb2.RegressionResponse()
        signature_name = request.model_spec.signature_name
        with call.use(messages.to_query(request), request) as model:
            examples = to_examples(request.input)
            with call.timed():
                values = regress(model, signature_name, examples, call.deadline, self._check)
            call.note("regress", model, signature_name, examples, values)
            messages.fill_spec(response.model_spec, model, signature_name)
        fill_regressions(response.result, values)
        return response

    def multi_inference(self, request: Any, call: Call) -> Any:
        """Answer `MultiInference`; the first task says which version."""
        response = self._protos.inference_pb2.MultiInferenceResponse()
        query = messages.to_query(_first_task(request))
        tasks = _to_tasks(request)
        with call.use(query, request) as model:
            examples = to_examples(request.input)
            call.examples = len(examples)
            with call.timed():
                results = multi_inference(model, tasks, examples, call.deadline, self._check)
            for task, found in zip(tasks, results, strict=True):
                result = response.results.add()
                messages.fill_spec(result.model_spec, model, task.signature_name)
                if isinstance(found, Classifications):
                    call.note("classify", model, task.signature_name, examples, found)
                    fill_classifications(result.classification_result, found)
                else:
                    call.note("regress", model, task.signature_name, examples, found)
                    fill_regressions(result.regression_result, found)
        return response

    def get_model_metadata(self, request: Any, call: Call) -> Any:
        """Answer `GetModelMetadata`; `signature_def` is the only field there is."""
        query = messages.to_query(request)
        call.model_name = query.name
        _check_metadata_fields(request.metadata_field)
        response = self._protos.get_model_metadata_pb2.GetModelMetadataResponse()
        signatures = self._protos.get_model_metadata_pb2.SignatureDefMap()
        with call.use(query) as model:
            messages.fill_spec(response.model_spec, model)
            for name, proto in model.signature_defs.items():
                signatures.signature_def[name].CopyFrom(proto)
        response.metadata[_SIGNATURE_DEF].Pack(signatures)
        return response


def _first_task(request: Any) -> Any:
    if not request.tasks:
        raise InvalidArgumentError("Missing ModelSpec")
    return request.tasks[0]


def _to_tasks(request: Any) -> list[InferenceTask]:
    if len({task.model_spec.name for task in request.tasks}) > 1:
        raise InvalidArgumentError(
            "All ModelSpecs in a MultiInferenceRequest must access the same model name."
        )
    return [
        InferenceTask(task.model_spec.signature_name, task.method_name) for task in request.tasks
    ]


def _check_metadata_fields(fields: Any) -> None:
    if not fields:
        raise InvalidArgumentError(
            "GetModelMetadataRequest must specify at least one metadata_field"
        )
    for field in fields:
        if field != _SIGNATURE_DEF:
            raise InvalidArgumentError(f"Metadata field {field} is not supported")
