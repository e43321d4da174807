"""Families of hand-written networks: what most people's own network descends from, each as a named experiment.

The hand-written side is what the family writes, on data and layers of its shape; PyTorch's is what a reader would
write as the same, with `nn.Sequential` and defaults. What differs is then the family's own. The answer's path is
`presets.py`'s.
"""

from __future__ import annotations

from dataclasses import replace

from engine.experiment.batch_rules import EpochLoss, SampleOrder
from engine.experiment.choices import (
    BiasGradient,
    InitialWeights,
    InputScale,
    LoggedPenalty,
    LossInput,
    LossReport,
    Objective,
    Precision,
    Reduction,
    SoftmaxForm,
)
from engine.experiment.made_data import moons, noise, three_arms, xor, xor_ones
from engine.experiment.named_experiment import Preset
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.experiment.uci_data import digits
from engine.experiment.update_rules import Decayed, UpdateOrder, WeightDecay

IN_COLUMNS = "Its samples are columns, here rows: only rounding differs by that."


def _eleven_lines() -> Settings:
    pytorch = Side(learning_rate=1.0)
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        initial_weights=InitialWeights.UNIFORM_ONE,
        bias=False,
        reduction=Reduction.SUM,
        loss_report=LossReport.MEAN_ABSOLUTE,
    )
    # With this seed its numbers are the published ones.
    return Settings(xor_ones(), by_hand, pytorch, hidden=(4,), epochs=10_000, seed=1)


def _course() -> Settings:
    pytorch = Side(
        objective=Objective.BINARY_CROSS_ENTROPY,
        loss_input=LossInput.PROBABILITIES,
        loss_report=LossReport.CROSS_ENTROPY,
        learning_rate=1.2,
    )
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        initial_weights=InitialWeights.SMALL_NORMAL,
        loss_input=LossInput.LOGITS,
    )
    return Settings(moons(), by_hand, pytorch, hidden=(4,), activation=Activation.TANH, epochs=10_000)


def _online_book() -> Settings:
    pytorch = Side(input_scale=InputScale.UNIT, batch=10, order=SampleOrder.DATALOADER, learning_rate=3.0)
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        order=SampleOrder.PERMUTATION,
        initial_weights=InitialWeights.NORMAL,
        reduction=Reduction.PER_SAMPLE,
        loss_report=LossReport.HALF_PER_SAMPLE,
        epoch_loss=EpochLoss.WHOLE,
    )
    return Settings(digits(), by_hand, pytorch, hidden=(30,), epochs=30)


def _mnist_video() -> Settings:
    pytorch = Side(
        objective=Objective.CROSS_ENTROPY,
        loss_report=LossReport.CROSS_ENTROPY,
        input_scale=InputScale.UNIT,
        learning_rate=0.1,
    )
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        initial_weights=InitialWeights.UNIFORM_HALF,
        softmax_form=SoftmaxForm.PLAIN,
        bias_gradient=BiasGradient.SCALAR,
    )
    return Settings(digits(), by_hand, pytorch, (10,), Activation.RELU, Activation.SOFTMAX, epochs=500)


def _layer_classes() -> Settings:
    pytorch = Side(learning_rate=0.1)
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        batch=1,
        initial_weights=InitialWeights.NORMAL,
        update_order=UpdateOrder.IN_TURN,
    )
    return Settings(xor(), by_hand, pytorch, (3,), Activation.TANH, Activation.TANH, epochs=10_000)


def _lecture_notes() -> Settings:
    pytorch = Side(
        objective=Objective.CROSS_ENTROPY,
        loss_report=LossReport.CROSS_ENTROPY,
        learning_rate=1.0,
        weight_decay=WeightDecay.parse("0.001"),
    )
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        initial_weights=InitialWeights.SMALL_NORMAL,
        softmax_form=SoftmaxForm.PLAIN,
        decayed=Decayed.WEIGHTS,
        logged_penalty=LoggedPenalty.ADDED,
    )
    return Settings(three_arms(), by_hand, pytorch, (100,), Activation.RELU, Activation.SOFTMAX, epochs=10_000)


def _numpy_tutorial() -> Settings:
    pytorch = Side(learning_rate=1e-6)
    by_hand = replace(
        pytorch,
        precision=Precision.FLOAT64,
        initial_weights=InitialWeights.NORMAL,
        bias=False,
        reduction=Reduction.TWICE_SUM,
        loss_report=LossReport.SUM,
    )
    return Settings(noise(), by_hand, pytorch, (100,), Activation.RELU, Activation.IDENTITY, epochs=500)


FAMILIES: tuple[Preset, ...] = (
    Preset(
        "eleven-lines",
        "XOR with a column of ones, sigmoid, a sum, no bias",
        _eleven_lines,
        "It has no biases: a third input that is always 1 stands for those of the first layer. It takes the sum over "
        "the samples, MSELoss the mean. It starts from 2·random − 1, and prints mean|e|, which is not what its "
        "gradient makes smaller.",
    ),
    Preset(
        "course",
        "two classes, tanh, a sigmoid output, 1/m, 0.01·randn",
        _course,
        "It starts from 0.01·randn and biases of 0, where all units begin almost alike; nn.Linear starts wider. Its "
        f"δ = p − y needs no σ′; nn.BCELoss passes σ′ and comes to the same but for rounding. {IN_COLUMNS}",
    ),
    Preset(
        "online-book",
        "digits, sigmoid, quadratic cost, batches of ten",
        _online_book,
        "It divides Σ½e² by the samples of a batch, not by the ten outputs too: its steps are 5 times MSELoss's. It "
        "starts from N(0, 1), biases too, shuffles by NumPy's stream, and measures the whole set after each epoch. "
        "Its samples are columns, here the rows of a batch: only rounding differs by that.",
    ),
    Preset(
        "mnist-video",
        "digits, ReLU, softmax, one number for all biases",
        _mnist_video,
        "It takes np.sum of δ without an axis: one number moves all biases of a layer, none at the softmax, whose δ "
        "sum to 0. It starts from rand − 0.5, subtracts no maximum in softmax, and prints the accuracy alone. "
        f"{IN_COLUMNS}",
    ),
    Preset(
        "layer-classes",
        "XOR, tanh, layers that learn inside backward",
        _layer_classes,
        "Each layer moves its weights inside backward, and sends the error down through the new ones. It takes one "
        "sample at a time, from N(0, 1), and logs the mean of the four losses; in PyTorch the four are one step. Its "
        "samples are columns, here rows: only rounding differs by that.",
    ),
    Preset(
        "lecture-notes",
        "three spiral arms, ReLU, softmax, weight decay",
        _lecture_notes,
        "Its penalty pulls on the weights alone; weight_decay in torch.optim pulls on the biases too. It starts from "
        "0.01·randn and biases of 0, and subtracts no maximum in softmax. It prints the loss with the penalty added; "
        "no loss of PyTorch's shows what weight_decay does.",
    ),
    Preset(
        "numpy-tutorial",
        "random data, ReLU, a sum, no bias: PyTorch's own",
        _numpy_tutorial,
        "Its gradient is that of Σe², 640 times that of MSELoss's mean: at its learning rate of 1e-6 PyTorch hardly "
        "moves. It has no biases, starts from randn without a factor, and prints Σe².",
    ),
)
"""From the shortest to what comes from PyTorch itself."""
