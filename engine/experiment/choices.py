"""What an implementation can choose from: the values of a side's settings, and those that one side alone can have.

`Side`, which has one of each, is `side.py`'s; how an update is made from a gradient is `update_rules.py`'s.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from engine.errors import SettingsError
from engine.shown_text import shown


class SideName(Enum):
    """Which of the two implementations."""

    NUMPY = "numpy"
    PYTORCH = "pytorch"

    @property
    def label(self) -> str:
        """How columns and legends call it."""
        return "by hand" if self is SideName.NUMPY else "PyTorch"

    @property
    def adjective(self) -> str:
        """How sentences call it: 'the hand-written loss'."""
        return "hand-written" if self is SideName.NUMPY else "PyTorch"

    @property
    def other(self) -> SideName:
        """The opposite side."""
        return SideName.PYTORCH if self is SideName.NUMPY else SideName.NUMPY


class Objective(Enum):
    """What an error costs; `Reduction` makes one number of the costs, `LossReport` is what is logged.

    y is the target, p the network's output.
    """

    SQUARED_ERROR = "squared-error"
    """(p − y)²."""
    BINARY_CROSS_ENTROPY = "binary-cross-entropy"
    """−y·log p − (1 − y)·log(1 − p), of each output."""
    CROSS_ENTROPY = "cross-entropy"
    """−Σ y·log p over the outputs of a sample."""


class LossInput(Enum):
    """What a cross-entropy is computed from."""

    LOGITS = "logits"
    """The outputs' pre-activations z: `nn.CrossEntropyLoss`, `nn.BCEWithLogitsLoss`. By hand, δ = p − y."""
    PROBABILITIES = "probabilities"
    """The outputs p: `nn.BCELoss`, −y·log p; the gradient passes the output's activation like any other."""
    TWICE = "twice"
    """The outputs p, taken for logits: softmax or sigmoid is applied once more."""


class InputScale(Enum):
    """What is made of the data's inputs before the network gets them, column by column."""

    RAW = "raw"
    """Nothing."""
    UNIT = "0-to-1"
    """(x − min x)/(max x − min x) over the samples; where all are the same, x − min x."""
    STANDARD = "standardised"
    """(x − mean x)/std x, the variance being the mean of (x − mean x)²; where all are the same, x − mean x."""
    STANDARD_SAMPLE = "standardised-sample"
    """Likewise, the sum of (x − mean x)² being divided by N − 1, as `torch.std` does."""


class TargetShape(Enum):
    """The shape of the targets beside the outputs' (N, C)."""

    AS_OUTPUT = "as-output"
    """(N, C)."""
    FLAT = "flat"
    """(N,) beside outputs (N, 1): ŷ − y is broadcast to (N, N), every output against every target."""


class SoftmaxForm(Enum):
    """How softmax is written."""

    STABLE = "stable"
    """exp(z − max z)/Σ exp(z − max z) over the classes of a sample."""
    PLAIN = "plain"
    """exp(z)/Σ exp(z): overflows where z is large."""
    OVER_SAMPLES = "over-samples"
    """The sum runs over the samples instead of the classes: `axis=0`."""
    OVER_ALL = "over-all"
    """The sum runs over the samples and the classes: no axis."""


class LossReport(Enum):
    """The number that is logged each epoch; e = prediction − target, N·C elements."""

    ERROR_TIMES_LOSS = "error-times-loss"
    """mean(e · ½·mean(e²)): what the question's code logs; signed, third order in e."""
    MSE = "mse"
    """mean(e²): `nn.MSELoss()`."""
    HALF_SUM = "half-sum"
    """½·Σe²: the loss whose gradient is exactly e."""
    HALF_MEAN = "half-mean"
    """½·mean(e²)."""
    HALF_PER_SAMPLE = "half-per-sample"
    """½·Σe²/N."""
    SUM_PER_SAMPLE = "sum-per-sample"
    """Σe²/N."""
    SUM = "sum"
    """Σe²."""
    MEAN_ABSOLUTE = "mean-absolute"
    """mean|e|: `nn.L1Loss()`."""
    CROSS_ENTROPY = "cross-entropy"
    """The mean over the samples, or over all outputs for a binary one: as PyTorch's loss functions have it."""
    CROSS_ENTROPY_SUM = "cross-entropy-sum"
    """The sum over all samples."""
    CROSS_ENTROPY_PER_OUTPUT = "cross-entropy-per-output"
    """The mean over all N·C outputs."""
    CROSS_ENTROPY_PER_SAMPLE = "cross-entropy-per-sample"
    """The mean over the samples of the sum over their outputs: C times a binary one's mean."""
    CROSS_ENTROPY_EPSILON = "cross-entropy-epsilon"
    """The mean with log(p + 1e-8) instead of log p."""

    @property
    def signed(self) -> bool:
        """Whether it can be negative, so that no log axis can show it."""
        return self is LossReport.ERROR_TIMES_LOSS

    @property
    def of_probabilities(self) -> bool:
        """Whether it is a cross-entropy."""
        return self.value.startswith("cross-entropy")


class LogMoment(Enum):
    """Of which weights an epoch's loss is logged."""

    BEFORE = "before-update"
    """Those that the gradient was computed from."""
    AFTER = "after-update"
    """Those that the epoch ends with: one more forward pass."""


class DerivativeAt(Enum):
    """What becomes of the activation's derivative: what the formula σ′ = s·(1 − s) is given for s, or another slip."""

    OUTPUT = "output"
    """The activation's output, for which it is written."""
    PRE_ACTIVATION = "pre-activation"
    """The activation's input z: the classical slip."""
    OUTPUT_AGAIN = "output-again"
    """σ′(x) = σ(x)·(1 − σ(x)), written for z, is given the output: σ is applied twice."""
    NONE = "none"
    """It is left out: δ is the gradient at the output."""
    NOT_NEGATIVE = "not-negative"
    """ReLU′ is 1 where the output is at least 0, which is everywhere."""
    ONE_AT_ZERO = "one-at-zero"
    """ReLU′ is 1 where z is at least 0: also at 0, where PyTorch's is 0."""
    OF_SIGMOID = "of-sigmoid"
    """The sigmoid's s·(1 − s), whatever the activation."""
    OF_TANH = "of-tanh"
    """tanh's 1 − s², whatever the activation."""
    OF_RELU = "of-relu"
    """ReLU's, 1 where s is above 0 and else 0, whatever the activation."""
    ITSELF = "itself"
    """The activation's output s stands where its derivative should."""
    DIAGONAL = "diagonal"
    """Softmax′ is s·(1 − s), as if each output depended on its own z alone."""


class SentDown(Enum):
    """What the layer below gets of a layer's error."""

    DELTA = "delta"
    """δ·Wᵀ: the gradient at z."""
    ERROR = "error"
    """e·Wᵀ: the gradient at the output, its activation's derivative forgotten."""


class BiasGradient(Enum):
    """What moves a bias; δ is (N, fan_out)."""

    SUM = "sum"
    """Σδ over the samples."""
    MEAN = "mean"
    """The mean over the samples, where the weights have the sum."""
    SCALAR = "scalar"
    """`np.sum` without an axis: one number for all biases of a layer."""
    NONE = "none"
    """Nothing: its line is missing."""


class RateIn(Enum):
    """Where the learning rate η is multiplied in."""

    UPDATE = "update"
    """In the update alone."""
    DELTA = "delta"
    """In every δ and not in the update: the last layer moves by η, the one before by η², and so on."""


class InitialWeights(Enum):
    """The distribution, and the stream, that the first weights are drawn from."""

    UNIT_UNIFORM = "unit-uniform"
    """`np.random.random`: U[0, 1)."""
    PYTORCH = "pytorch"
    """`nn.Linear`'s default, drawn in float32."""
    PYTORCH_FLOAT64 = "pytorch-float64"
    """`nn.Linear(..., dtype=torch.float64)`: the same distribution from another stream."""
    TRUNCATED_NORMAL = "truncated-normal"
    """A standard normal cut off at ±1/√fan_in."""
    NORMAL = "normal"
    """`np.random.randn`: N(0, 1), biases too."""
    SMALL_NORMAL = "small-normal"
    """0.01·N(0, 1); biases of 0."""
    UNIFORM_HALF = "uniform-half"
    """`np.random.rand` − 0.5: U[−0.5, 0.5), biases too."""
    UNIFORM_ONE = "uniform-one"
    """2·`np.random.rand` − 1: U[−1, 1), biases too."""
    HE = "he"
    """N(0, 1)·√(2/fan_in); biases of 0."""
    GLOROT = "glorot"
    """U(±√(6/(fan_in + fan_out))); biases of 0."""
    SCALED_NORMAL = "scaled-normal"
    """N(0, 1)/√fan_in; biases of 0."""
    ZEROS = "zeros"
    """Every weight and bias is 0."""
    GIVEN = "given"
    """Arrays that the settings hold."""

    @property
    def pytorchs_stream(self) -> bool:
        """Whether it is what `nn.Linear` draws."""
        return self in (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64)

    @property
    def numpys_stream(self) -> bool:
        """Whether it is drawn from NumPy's, or would be if it were drawn."""
        return not self.pytorchs_stream and self is not InitialWeights.GIVEN

    @property
    def normal(self) -> bool:
        """Whether it is made of what `np.random.randn` draws."""
        return self in NORMALS

    @property
    def zero_biases(self) -> bool:
        """Whether biases are 0, and not drawn like the weights."""
        return self in ZERO_BIASES


NORMALS = (InitialWeights.NORMAL, InitialWeights.SMALL_NORMAL, InitialWeights.HE, InitialWeights.SCALED_NORMAL)

ZERO_BIASES = (
    InitialWeights.SMALL_NORMAL,
    InitialWeights.HE,
    InitialWeights.GLOROT,
    InitialWeights.SCALED_NORMAL,
    InitialWeights.ZEROS,
)


class Reduction(Enum):
    """How the costs become the one number whose gradient is taken."""

    SUM = "sum"
    """½·Σe² of squared errors, so that the output error is e itself; Σ of a cross-entropy."""
    TWICE_SUM = "twice-sum"
    """Σe², whose output error is 2·e; 2·Σ of a cross-entropy."""
    MEAN = "mean"
    """mean(e²): the output error is 2/(N·C)·e; of a cross-entropy the mean over the samples, over all outputs for a
    binary one."""
    PER_SAMPLE = "per-sample"
    """½·Σe²/N: e/N; of a cross-entropy Σ/N, whether binary or not."""
    PER_SAMPLE_TWICE = "per-sample-twice"
    """½·Σe²/N²: divided by N in δ and in the weights' gradient once more; of a cross-entropy Σ/N²."""
    PER_BATCH_SIZE = "per-batch-size"
    """½·Σe²/B: e/B, B being what a batch should have, in a smaller last one too; of a cross-entropy Σ/B."""
    TWICE_MEAN = "twice-mean"
    """2·mean(e²): 4/(N·C)·e; of a cross-entropy twice its mean."""
    PER_DATA_SET = "per-data-set"
    """½·Σe²/M: e/M, M being all samples of the data, in each batch; of a cross-entropy Σ/M."""
    PER_INPUT = "per-input"
    """½·Σe²/D: e/D, D being the inputs of a sample, where their number is meant; of a cross-entropy Σ/D."""
    MEAN_OF_SUMS = "mean-of-sums"
    """Σe²/N, the mean over the samples of each one's sum: 2/N·e; of a cross-entropy Σ/N, as PER_SAMPLE."""
    PER_OUTPUT = "per-output"
    """Σe²/C: the mean over the outputs of a sample, summed over the samples; of a cross-entropy Σ/C."""


class LoggedPenalty(Enum):
    """Whether the penalty that weight decay is the gradient of is part of what is logged."""

    LEFT_OUT = "left-out"
    """The loss of the data alone."""
    ADDED = "added"
    """Beside it ½·λ·Σw² of all that decays, λ being what acts as such."""
    TWICE = "twice"
    """Beside it λ·Σw²: twice what weight decay is the gradient of."""


class Precision(Enum):
    """The floating-point type a side computes in."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"
    MIXED = "mixed"
    """Weights kept in float32, everything else computed in float64: the answer's own listing; NumPy only."""


Member = TypeVar("Member", bound=Enum)


def parse_choice(kind: type[Member], value: object, what: str) -> Member:
    """The member of `kind` that `value` is or names; raises `SettingsError` listing what there is."""
    if isinstance(value, kind):
        return value
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in kind)
        raise SettingsError(f"{what} cannot be '{shown(value)}'; it is one of {known}.") from None
