"""Packaging of `bert-aas`: top-level packages as they are, extras for what is optional."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
PACKAGES = ("bert_aas", "pipeline", "components", "models", "serving")


def requirements(name: str) -> list[str]:
    """Read what we ask for, without comments and references to other files."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    stripped = (line.partition("#")[0].strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("-")]


setup(
    name="bert-aas",
    version="0.1.0",
    description="A TFX pipeline from labelled texts to a blessed, served BERT classifier",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.11",
    packages=find_packages(include=[pattern for p in PACKAGES for pattern in (p, f"{p}.*")]),
    package_data={
        "pipeline.report": ["templates/*"],
        "serving.rest": ["openapi.json", "page/*"],
    },
    install_requires=requirements("main.in"),
    extras_require={
        "tracing": ["opentelemetry-exporter-otlp-proto-http==1.27.0"],
        "dev": requirements("dev.in"),
    },
    entry_points={
        "console_scripts": ["bert-aas=pipeline.cli:entry_point"],
        "airflow.plugins": ["bert_aas=pipeline.runners.airflow.plugin:BertAasPlugin"],
    },
    classifiers=[
        "License :: OSI Approved :: Apache Software License",
        "Programming Language :: Python :: 3.10",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
