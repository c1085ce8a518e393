"""The BERT encoder: embeddings, post-norm transformer blocks, pooler."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from pydantic import Field

from bert_aas.contracts.params import FrozenParams
from models.encoders.architecture.dropout import dropout
from models.encoders.architecture.normalization import layer_norm

Weights = Callable[[str, tuple[int, ...]], npt.NDArray[np.float32]]
"""Gives the first value of a variable, by its name and shape."""

_PADDING_SCORE = -10_000.0  # exp() of it is 0 in float32, and float16 can hold it
_ACTIVATIONS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "gelu": lambda x: tf.nn.gelu(x, approximate=False),
    "gelu_new": lambda x: tf.nn.gelu(x, approximate=True),
    "relu": tf.nn.relu,
}


class BertConfig(FrozenParams):
    """The shape of a BERT, named as in Hugging Face's `config.json`."""

    vocab_size: int = Field(ge=1)
    hidden_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    max_position_embeddings: int = Field(ge=1)
    type_vocab_size: int = Field(default=2, ge=1)
    hidden_act: Literal["gelu", "gelu_new", "relu"] = "gelu"
    layer_norm_eps: float = Field(default=1e-12, gt=0)
    hidden_dropout_prob: float = Field(default=0.1, ge=0, lt=1)
    attention_probs_dropout_prob: float = Field(default=0.1, ge=0, lt=1)
    embedding_size: int | None = Field(
        default=None, ge=1, description="Width of the embeddings where it is not `hidden_size`."
    )
    cls_head: Literal["none", "pooler"] = Field(
        default="none",
        description="What `cls_vector` gives: the vector itself, or the pooler's output of it.",
    )


class BertEncoder(tf.Module):
    """BERT, its weights taken from a function of the variables' names.

    A name tells the variable's place, such as `layer_0/attention/qkv/kernel`; `bias` and
    `layer_norm` in it mark those that weight decay leaves alone. Kernels are `[inputs, outputs]`;
    query, key and value lie side by side in one kernel.

    Source:
        Devlin et al. 2019, arXiv:1810.04805, with the activations of Hugging Face's `BertModel`.
    """

    def __init__(self, config: BertConfig, weights: Weights) -> None:
        """Create the variables.

        Args:
            config: Sizes; `hidden_size` is a multiple of `num_attention_heads`.
            weights: Gives the variables' values.
        """
        super().__init__(name="bert")
        hidden = config.hidden_size
        width = config.embedding_size or hidden
        self.config = config
        self.word_embeddings = _variable(
            "word_embeddings/embeddings", (config.vocab_size, width), weights
        )
        self.position_embeddings = _variable(
            "position_embedding/embeddings", (config.max_position_embeddings, width), weights
        )
        self.type_embeddings = _variable(
            "type_embeddings/embeddings", (config.type_vocab_size, width), weights
        )
        self.layer_norm = _LayerNorm("embeddings/layer_norm", config, weights, width)
        self.projection = None
        if width != hidden:
            self.projection = _Dense("embeddings/projection", (width, hidden), weights)
        self.blocks = [_Block(i, config, weights) for i in range(config.num_hidden_layers)]
        self.pooler = _Dense("pooler", (hidden, hidden), weights)

    def __call__(self, inputs: dict[str, tf.Tensor], training: bool) -> dict[str, tf.Tensor]:
        """Encode a batch.

        Args:
            inputs: `input_word_ids`, `input_mask` (1 = token, 0 = padding) and `input_type_ids`,
                int32 `[n, s]`; s is at most the number of position embeddings.
            training: Whether dropout is active.

        Returns:
            `sequence_output` float32 `[n, s, hidden]`, `pooled_output` float32 `[n, hidden]` (also
            as `default`), and `encoder_outputs`, the blocks' outputs in order.
        """
        hidden, mask = self._embed(inputs, training)
        outputs = []
        for block in self.blocks:
            hidden = block(hidden, mask, training)
            outputs.append(hidden)
        pooled = tf.tanh(self.pooler(hidden[:, 0]))
        return {
            "sequence_output": hidden,
            "pooled_output": pooled,
            "default": pooled,
            "encoder_outputs": outputs,
        }

    def cls_vector(self, inputs: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
        """Encode a batch as the vectors of its first tokens; the last block computes no others.

        Args:
            inputs: See `__call__`.
            training: Whether dropout is active.

        Returns:
            The first row of `sequence_output`, float32 `[n, hidden]`; where `cls_head` is `pooler`,
            the hyperbolic tangent of the pooler's map of it, as RoBERTa classifies.
        """
        hidden, mask = self._embed(inputs, training)
        for block in self.blocks[:-1]:
            hidden = block(hidden, mask, training)
        vector = self.blocks[-1](hidden, mask, training, first_only=True)[:, 0]
        if self.config.cls_head == "none":
            return vector
        vector = dropout(vector, self.config.hidden_dropout_prob, training, seed=2)
        return tf.tanh(self.pooler(vector))

    def cls_variables(self) -> list[tf.Variable]:
        """List the variables that `cls_vector` depends on: without a head not the pooler's."""
        if self.config.cls_head == "pooler":
            return list(self.variables)
        pooler = {id(variable) for variable in self.pooler.variables}
        return [variable for variable in self.variables if id(variable) not in pooler]

    def _embed(self, inputs: dict[str, tf.Tensor], training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Give the first block's input `[n, s, hidden]` and padding's scores `[n, 1, 1, s]`."""
        word_ids = inputs["input_word_ids"]
        hidden = (
            tf.gather(self.word_embeddings, word_ids)
            + tf.gather(self.type_embeddings, inputs["input_type_ids"])
            + self.position_embeddings[: tf.shape(word_ids)[1]]
        )
        rate = self.config.hidden_dropout_prob
        hidden = dropout(self.layer_norm(hidden), rate, training, seed=1)
        if self.projection is not None:
            hidden = self.projection(hidden)
        padding = 1.0 - tf.cast(inputs["input_mask"][:, tf.newaxis, tf.newaxis, :], hidden.dtype)
        return hidden, padding * _PADDING_SCORE


def random_weights(seed: int, deviation: float = 0.02) -> Weights:
    """Give the usual first values: normal kernels, unit layer norms, zero biases.

    Args:
        seed: Of the generator.
        deviation: Standard deviation of kernels and embeddings.

    Returns:
        A function for `BertEncoder`.
    """
    generator = np.random.default_rng(seed)

    def weights(name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        if name.endswith("gamma"):
            return np.ones(shape, np.float32)
        if name.endswith("bias"):
            return np.zeros(shape, np.float32)
        return generator.normal(0.0, deviation, shape).astype(np.float32)

    return weights


class _Block(tf.Module):
    """Self-attention and feed-forward, each with a residual and a layer norm after it."""

    def __init__(self, index: int, config: BertConfig, weights: Weights) -> None:
        super().__init__(name=f"layer_{index}")
        hidden, inner = config.hidden_size, config.intermediate_size
        self._config = config
        self._seed = 10 * (index + 1)
        self._activation = _ACTIVATIONS[config.hidden_act]
        self.qkv = _Dense(f"{self.name}/attention/qkv", (hidden, 3 * hidden), weights)
        self.attention_output = _Dense(f"{self.name}/attention/output", (hidden, hidden), weights)
        self.attention_norm = _LayerNorm(f"{self.name}/attention/layer_norm", config, weights)
        self.intermediate = _Dense(f"{self.name}/intermediate", (hidden, inner), weights)
        self.output = _Dense(f"{self.name}/output", (inner, hidden), weights)
        self.output_norm = _LayerNorm(f"{self.name}/output/layer_norm", config, weights)

    def __call__(
        self, hidden: tf.Tensor, mask: tf.Tensor, training: bool, *, first_only: bool = False
    ) -> tf.Tensor:
        """Map float `[n, s, hidden]` to the same shape, or to its first row `[n, 1, hidden]`."""
        rate = self._config.hidden_dropout_prob
        attended = self.attention_output(self._attend(hidden, mask, training, first_only))
        attended = dropout(attended, rate, training, self._seed)
        hidden = self.attention_norm((hidden[:, :1] if first_only else hidden) + attended)
        expanded = self.output(self._activation(self.intermediate(hidden)))
        expanded = dropout(expanded, rate, training, self._seed + 1)
        return self.output_norm(hidden + expanded)

    def _attend(
        self, hidden: tf.Tensor, mask: tf.Tensor, training: bool, first_only: bool
    ) -> tf.Tensor:
        """Mix the values of all tokens, head by head."""
        width = self._config.hidden_size
        if first_only:
            (query,) = self._heads(self.qkv(hidden[:, :1], slice(0, width)), 1)
            key, value = self._heads(self.qkv(hidden, slice(width, None)), 2)
        else:
            query, key, value = self._heads(self.qkv(hidden), 3)
        scale = math.sqrt(width // self._config.num_attention_heads)
        scores = tf.matmul(query * (1.0 / scale), key, transpose_b=True)
        shares = tf.nn.softmax(scores + mask)
        rate = self._config.attention_probs_dropout_prob
        shares = dropout(shares, rate, training, self._seed + 2)
        mixed = tf.transpose(tf.matmul(shares, value), [0, 2, 1, 3])
        return tf.reshape(mixed, [*tf.unstack(tf.shape(mixed)[:2]), width])

    def _heads(self, mapped: tf.Tensor, parts: int) -> list[tf.Tensor]:
        """Cut `[n, s, parts * hidden]` into parts of `[n, heads, s, hidden / heads]`."""
        heads = self._config.num_attention_heads
        width = self._config.hidden_size // heads
        batch, length = tf.unstack(tf.shape(mapped)[:2])
        split = tf.reshape(mapped, [batch, length, parts, heads, width])
        found: list[tf.Tensor] = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]), num=parts)
        return found


class _Dense(tf.Module):
    """A linear map of the last axis."""

    def __init__(self, name: str, shape: tuple[int, int], weights: Weights) -> None:
        super().__init__()
        self.kernel = _variable(f"{name}/kernel", shape, weights)
        self.bias = _variable(f"{name}/bias", shape[1:], weights)

    def __call__(self, inputs: tf.Tensor, columns: slice = slice(None)) -> tf.Tensor:
        """Map `[…, inputs]` to `[…, outputs]`, or to some columns of that."""
        kernel, bias = self.kernel[:, columns], self.bias[columns]
        # One flat matrix product with its bias: TensorFlow fuses the two on a CPU.
        flat = tf.reshape(inputs, [-1, kernel.shape[0]])
        outputs = tf.nn.bias_add(tf.matmul(flat, kernel), bias)
        shape = tf.concat([tf.shape(inputs)[:-1], [kernel.shape[1]]], axis=0)
        return tf.ensure_shape(tf.reshape(outputs, shape), [*inputs.shape[:-1], kernel.shape[1]])


class _LayerNorm(tf.Module):
    """Layer normalisation over the last axis."""

    def __init__(
        self, name: str, config: BertConfig, weights: Weights, width: int | None = None
    ) -> None:
        super().__init__()
        self._epsilon = config.layer_norm_eps
        shape = (width or config.hidden_size,)
        self.gamma = _variable(f"{name}/gamma", shape, weights)
        self.beta = _variable(f"{name}/bias", shape, weights)

    def __call__(self, inputs: tf.Tensor) -> tf.Tensor:
        """Normalise; the shape stays."""
        return layer_norm(inputs, self.gamma, self.beta, self._epsilon)


def _variable(name: str, shape: tuple[int, ...], weights: Weights) -> tf.Variable:
    """Create one trainable variable."""
    return tf.Variable(weights(name, shape), name=name, dtype=tf.float32)
