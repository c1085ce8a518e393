"""The parameters of the model code: typed, frozen, each default written once.

`pipeline.config.pipeline_config` composes these classes into the configuration file's sections; TFX
hands them to the user functions (`preprocessing_fn`, `run_fn`, `tuner_fn`) as JSON in
`custom_config`.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from bert_aas.contracts.names import ROW_KEY
from bert_aas.contracts.params import FrozenParams
from bert_aas.preparation.label_rules import LabelRules
from bert_aas.preparation.params import TextRules

LABEL_VOCABULARY = "label"
"""Name of the vocabulary of labels in the transform graph."""

_Epochs = Annotated[int, Field(ge=1, le=1000)]
_BatchSize = Annotated[int, Field(ge=1, le=65536)]
_Rate = Annotated[float, Field(gt=0, le=1)]
_Dropout = Annotated[float, Field(ge=0, lt=1)]


class FeatureNames(FrozenParams):
    """Which raw features hold the text, its optional pair and the label."""

    text: str = Field(min_length=1)
    text_pair: str | None = None
    label: str = Field(min_length=1)
    row_key: str = ROW_KEY


class EncoderParams(FrozenParams):
    """Where the TF-Hub BERT encoder comes from."""

    source: str = Field(
        default="minilm",
        min_length=1,
        description="`minilm` (bundled), a TF-Hub handle (https://tfhub.dev/… or Kaggle), the "
        "folder of a TF-Hub module, or a .tar.gz or .zip archive of one.",
    )
    trainable: bool = Field(
        default=True,
        description="Fine-tune the encoder, too; `false` trains only the classification layer.",
    )


class TransformParams(FrozenParams):
    """How text becomes word-piece ids."""

    max_seq_length: int = Field(
        default=128,
        ge=3,
        le=8192,
        description="Highest number of tokens per row, including `[CLS]` and `[SEP]`; longer texts "
        "are cut.",
    )


class DistillationParams(FrozenParams):
    """How a student learns from `train.teacher`."""

    alpha: float = Field(
        default=0.9,
        ge=0,
        le=1,
        description="Weight of the teacher's probabilities in the loss; the labels have the rest.",
    )
    temperature: float = Field(
        default=2.0,
        gt=0,
        le=100,
        description="Softens the teacher's probabilities: above 1, the less likely classes count "
        "for more.",
    )


class TrainParams(FrozenParams):
    """How the classifier is fine-tuned."""

    epochs: _Epochs = Field(
        default=3, description="How often the training goes through the training split."
    )
    batch_size: _BatchSize = Field(
        default=32, description="Rows per step, over all devices together."
    )
    learning_rate: _Rate = Field(default=1e-4, description="Learning rate after the warm-up.")
    warmup_fraction: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Share of all steps in which the learning rate rises to its full value.",
    )
    weight_decay: float = Field(default=0.01, ge=0, lt=1, description="Weight decay of AdamW.")
    clip_norm: float = Field(
        default=1.0,
        gt=0,
        description="Highest norm of all gradients together; larger ones are scaled down.",
    )
    dropout: _Dropout = Field(
        default=0.1, description="Dropout rate before the classification layer."
    )
    class_weights: Literal["none", "balanced"] = Field(
        default="none", description="`balanced` gives rare classes more weight in the loss."
    )
    early_stopping_metric: Literal["accuracy", "loss"] = Field(
        default="accuracy",
        description="Metric on the eval split that chooses the best epoch and stops the training "
        "early.",
    )
    early_stopping_patience: int = Field(
        default=2,
        ge=0,
        description="Epochs without improvement after which the training stops; 0: never.",
    )
    seed: int = Field(
        default=1, ge=0, description="Seed of the order of rows, the initial weights and dropout."
    )
    strategy: Literal["auto", "one_device", "mirrored"] = Field(
        default="auto",
        description="Devices of the training. `auto` uses all GPUs (`mirrored`) if there are "
        "several, else one device.",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Precision of matrix products; weights and the pushed model stay float32. "
        "`auto`: bfloat16 on CPUs with AVX512-BF16 or AMX, float16 on GPUs of compute "
        "capability 7.x, else float32.",
    )
    checkpoint_every_steps: int = Field(
        default=100,
        ge=1,
        description="Steps between two checkpoints; a training that was killed continues from the "
        "last one.",
    )
    teacher: str | None = Field(
        default=None,
        min_length=1,
        description="A model that this project pushed (the folder of a version, or the folder of "
        "versions); the encoder also learns from its probabilities.",
    )
    distillation: DistillationParams = DistillationParams()


class TuneParams(FrozenParams):
    """The search space of the Tuner; off by default."""

    enabled: bool = Field(
        default=False, description="Search for the best values before the training."
    )
    max_trials: int = Field(default=6, ge=1, le=1000, description="Highest number of trials.")
    algorithm: Literal["random", "bayesian"] = Field(
        default="bayesian", description="How the next trial is chosen."
    )
    learning_rate: tuple[_Rate, _Rate] = Field(
        default=(2e-5, 3e-4),
        description="Lowest and highest learning rate, searched on a log scale.",
    )
    dropout: tuple[_Dropout, _Dropout] = Field(
        default=(0.0, 0.3), description="Lowest and highest dropout rate."
    )
    batch_size: tuple[_BatchSize, ...] = Field(
        default=(16, 32, 64), min_length=1, description="Batch sizes to try."
    )
    epochs: tuple[_Epochs, ...] = Field(
        default=(1, 2, 3), min_length=1, description="Numbers of epochs to try."
    )
    seed: int = Field(default=1, ge=0, description="Seed of the search.")

    @field_validator("learning_rate", "dropout")
    @classmethod
    def _lowest_first(cls, limits: tuple[float, float]) -> tuple[float, float]:
        if limits[0] >= limits[1]:
            raise ValueError(
                f"give the lowest value first and then a higher one, not {list(limits)}"
            )
        return limits


class TrainerParams(FrozenParams):
    """What `models.training.run_fn` and `models.tuning.tuner_fn` are given (`custom_config`)."""

    features: FeatureNames
    encoder: EncoderParams
    encoder_fingerprint: str = Field(description="SHA-256 of the encoder; part of the cache key.")
    transform: TransformParams
    train: TrainParams
    tune: TuneParams
    checkpoint_root: str = Field(
        min_length=1, description="Folder for checkpoints that is kept after one execution."
    )
    code_fingerprint: str = Field(description="Hash of the code; part of the cache key.")
    teacher_fingerprint: str | None = Field(
        default=None, description="SHA-256 of the teacher; part of the cache key."
    )
    label_rules: LabelRules | None = Field(
        default=None, description="What became of the labels; it is written beside the model."
    )

    def as_json(self) -> str:
        """Write the parameters; rules only where there are some, so that older cache keys stay."""
        return self.model_dump_json(exclude=None if self.label_rules else {"label_rules"})


class PreprocessingParams(FrozenParams):
    """What `models.preprocessing.preprocessing_fn` needs, as JSON in `custom_config["params"]`."""

    features: FeatureNames
    transform: TransformParams = TransformParams()
    vocab_path: str = Field(
        min_length=1, description="The encoder's vocab.txt, at a path that all workers can read."
    )
    do_lower_case: bool
    text_rules: TextRules | None = Field(
        default=None, description="How texts are cleaned first; none: they stay as they are."
    )

    def as_json(self) -> str:
        """Write the parameters; rules only where there are some, so that older cache keys stay."""
        return self.model_dump_json(exclude=None if self.text_rules else {"text_rules"})
