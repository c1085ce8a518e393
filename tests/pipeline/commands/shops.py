"""A registry with three versions of one model."""

from pathlib import Path

from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from pipeline.cli import main
from tests.bert_aas.registry.registries import candidate


class Shop:
    """A registry with three versions of one model."""

    def __init__(self, folder: Path) -> None:
        self.place, self.serving = str(folder), folder / "serving"
        (folder / "evaluation.json").write_text("{}")
        registry = Registry(registry_place(self.place))
        for number, accuracy in enumerate((0.8, 0.9, 0.85), start=1):
            made = candidate(
                folder,
                "shop",
                str(number),
                metrics={"accuracy": accuracy},
                parameters={"train.epochs": number, "train.batch_size": 32},
                facts={"serving_directory": str(self.serving)},
                files={"evaluation/evaluation.json": folder / "evaluation.json"},
            )
            registry.register(made)

    def call(self, *arguments: str) -> int:
        return main(["models", *arguments, "--registry", self.place])
