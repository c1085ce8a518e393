"""Packaging of `bert-aas`: top-level packages as they are, extras for what is optional."""

import runpy
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
PACKAGES = ("bert_aas", "pipeline", "components", "models", "serving")
REPOSITORY = "https://github.com/OWNER/bert-as-a-service"  # tools/set_repository.py changes it


def requirements(name: str, *left_out: str) -> list[str]:
    """Read what we ask for, without comments, references to other files and some packages."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    stripped = (line.partition("#")[0].strip() for line in lines)
    return [line for line in stripped if line and not line.startswith(("-", *left_out))]


# The lock takes TensorFlow's libraries without their requirements. pip cannot: it installs
# `tensorflow`, which tensorflow-text and tensorflow-serving-api ask for, and no second copy.
SERVING = [
    *requirements("serving.in", "setuptools"),
    *(line.replace("-cpu", "") for line in requirements("serving-tensorflow.in")),
]
PIPELINE = requirements("pipeline.in")
# Either release: .venv-airflow and .venv-airflow3 have one each.
AIRFLOW = ["apache-airflow>=2.11,<4", *requirements("airflow.in", "apache-airflow>", "setuptools")]

setup(
    name="bert-aas",
    version=runpy.run_path(str(ROOT / "bert_aas" / "version.py"))["VERSION"],
    description="A TFX pipeline from labelled texts to a blessed, served BERT classifier",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    project_urls={
        "Source": REPOSITORY,
        "Documentation": f"{REPOSITORY}/tree/main/docs",
        "Changelog": f"{REPOSITORY}/blob/main/CHANGELOG.md",
        "Issues": f"{REPOSITORY}/issues",
    },
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=[pattern for p in PACKAGES for pattern in (p, f"{p}.*")]),
    package_data={
        "": ["py.typed"],
        "pipeline.report": ["templates/*", "templates/*/*"],
        "serving.rest": ["openapi.json", "page/*"],
    },
    install_requires=requirements("base.in"),
    extras_require={
        "pipeline": PIPELINE,
        "serving": SERVING,
        "airflow": AIRFLOW,
        "kubeflow": [*PIPELINE, *requirements("kubeflow.in")],
        "notebook": [*PIPELINE, *requirements("notebook.in")],
        "label-errors": [*PIPELINE, *requirements("label-errors.in")],
        "registry": [*PIPELINE, *requirements("registry.in")],
        "sign": requirements("sign.in"),
        "tracing": requirements("tracing.in"),
        "dev": requirements("dev.in"),
    },
    entry_points={
        "console_scripts": ["bert-aas=pipeline.cli:entry_point"],
        "airflow.plugins": ["bert_aas=pipeline.runners.airflow.plugin:BertAasPlugin"],
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "License :: OSI Approved :: Apache Software License",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Text Processing",
        "Typing :: Typed",
    ],
)
