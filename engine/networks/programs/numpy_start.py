"""The lines of the hand-written program that draw its start: the functions that draw, and the weights and biases.

A test holds them to the engine's bits.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.choices import InitialWeights, Precision, SideName
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Settings
from engine.networks.programs.base import Writer, bracketed
from engine.networks.programs.given_start import add_given_orders, given_file_name, numpy_start, reads_given_file

NAMED_LAYERS = 3
"""So many layers are written by name."""

PYTORCH_UNIFORM = '''\
def uniform(shape, bound):
    """PyTorch's own random numbers, to the last bit: MT19937 words, 24 bits of each, rounded once."""
    words = random.randint(0, 2**32, shape, np.uint32) & 0xFFFFFF
    return np.float32(bound) * ((words - 2.0**23) / 2**23).astype(np.float32)'''

PYTORCH_UNIFORM_64 = '''\
def {name}(shape, bound):
    """PyTorch's own float64 random numbers, to the last bit: 53 bits of two MT19937 words, rounded once."""
    high, low = np.moveaxis(random.randint(0, 2**32, (*shape, 2), np.uint32).astype(np.int64), -1, 0)
    return bound * ((((high & 0x1FFFFF) << 32 | low) - 2**52) / 2.0**52)'''

LOADER_ORDER = '''\
def loader_order(count):
    """DataLoader(shuffle=True)'s own order, to the last bit: of four words an epoch the last is the seed."""
    seed = random.randint(0, 2**32, 4, np.uint32)[3]
    words = np.random.RandomState(seed).randint(0, 2**32, count - 1, np.uint32)
    order = np.arange(count)
    for i, word in enumerate(words.tolist()):
        j = i + word % (count - i)
        order[i], order[j] = order[j], order[i]
    return order'''

TRUNCATED_NORMAL = '''\
def truncated_normal(shape, bound):
    """A standard normal cut off at ±bound, by inverting its distribution function."""
    normal = NormalDist()
    low, high = normal.cdf(-bound), normal.cdf(bound)
    points = low + (high - low) * np.random.random(shape)
    return np.clip(np.vectorize(normal.inv_cdf)(points), -bound, bound)'''


NUMPYS_STARTS = {
    InitialWeights.UNIT_UNIFORM: "np.random.random({size})",
    InitialWeights.TRUNCATED_NORMAL: "truncated_normal({size}, 1 / np.sqrt({rows}))",
    InitialWeights.NORMAL: "np.random.randn({shape})",
    InitialWeights.SMALL_NORMAL: "0.01 * np.random.randn({shape})",
    InitialWeights.UNIFORM_HALF: "np.random.rand({shape}) - 0.5",
    InitialWeights.UNIFORM_ONE: "2 * np.random.rand({shape}) - 1",
    InitialWeights.HE: "np.random.randn({shape}) * np.sqrt(2 / {rows})",
    InitialWeights.GLOROT: "(2 * np.random.rand({shape}) - 1) * np.sqrt(6 / ({rows} + {columns}))",
    InitialWeights.SCALED_NORMAL: "np.random.randn({shape}) / np.sqrt({rows})",
    InitialWeights.ZEROS: "np.zeros({size})",
}
"""What draws a weight (rows, columns), or a bias, from NumPy's stream; `size` is a shape as one argument."""


def add_functions(writer: Writer, settings: Settings) -> None:
    """What draws from PyTorch's stream, or a truncated normal, where it is needed."""
    starts = set(starts_of(settings))
    if InitialWeights.PYTORCH in starts:
        writer.add(f"{PYTORCH_UNIFORM}\n\n")
    if InitialWeights.PYTORCH_FLOAT64 in starts:
        writer.add(f"{PYTORCH_UNIFORM_64.format(name=_uniform(InitialWeights.PYTORCH_FLOAT64, settings))}\n\n")
    if InitialWeights.TRUNCATED_NORMAL in starts:
        writer.add(f"{TRUNCATED_NORMAL}\n\n")
    if _order(settings) is SampleOrder.DATALOADER:
        writer.add(f"{LOADER_ORDER}\n\n")


def _order(settings: Settings) -> SampleOrder:
    """In which a program takes the samples."""
    return settings.numpy.order if settings.takes_batches(settings.numpy) else SampleOrder.IN_ORDER


def is_unrolled(settings: Settings) -> bool:
    """Whether layers go by names, W1 and layer1, instead of standing in loops."""
    return len(settings.activations) <= NAMED_LAYERS


def _is_looped(settings: Settings) -> bool:
    """Whether one loop draws all layers: they are many and alike."""
    if is_unrolled(settings) or InitialWeights.GIVEN in starts_of(settings):
        return False
    return len(set(zip(starts_of(settings), biases_of(settings), strict=True))) == 1


def starts_of(settings: Settings) -> tuple[InitialWeights, ...]:
    """Of each layer."""
    return of_layers(settings.numpy.initial_weights, len(settings.activations))


def biases_of(settings: Settings) -> tuple[bool, ...]:
    """Which layers have one."""
    return of_layers(settings.numpy.bias, len(settings.activations))


def _uniform(start: InitialWeights, settings: Settings) -> str:
    """The function that draws PyTorch's start."""
    both = {InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64} <= set(starts_of(settings))
    return "uniform_float64" if both and start is InitialWeights.PYTORCH_FLOAT64 else "uniform"


def add_weights(writer: Writer, settings: Settings) -> None:
    """All of them, from one stream or both."""
    if _is_looped(settings):
        writer.add(f"sizes = {', '.join(map(str, settings.layer_sizes))}")
    if not is_unrolled(settings):
        writer.add("W, b = {}, {}" if any(biases_of(settings)) else "W = {}")
    starts = starts_of(settings)
    if any(start.pytorchs_stream for start in starts) or _order(settings) is SampleOrder.DATALOADER:
        _pytorch_weights(writer, settings)
    if any(start.numpys_stream for start in starts):
        _numpy_weights(writer, settings)
    elif _order(settings) is SampleOrder.PERMUTATION:
        writer.add(f"np.random.seed({settings.seed & 0xFFFFFFFF})")
    _given_weights(writer, settings)
    add_given_orders(writer, settings, SideName.NUMPY)
    writer.add()


def _given_weights(writer: Writer, settings: Settings) -> None:
    if reads_given_file(settings, SideName.NUMPY):
        writer.add(f'given = np.load(Path(__file__).with_name("{given_file_name(settings)}"))')

    def given(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start = starts_of(settings)[i - 1]
        return numpy_start(settings, i, W, b, _cast(start, settings)) if start is InitialWeights.GIVEN else []

    _each_layer(writer, settings, given)


def _cast(start: InitialWeights, settings: Settings) -> str:
    """The conversion to the precision that weights are kept in, where they are drawn in another."""
    drawn_in_float32 = start is InitialWeights.PYTORCH
    if settings.numpy.precision is Precision.FLOAT64:
        return ".astype(np.float64)" if drawn_in_float32 else ""
    return "" if drawn_in_float32 else ".astype(np.float32)"


def _pytorch_weights(writer: Writer, settings: Settings) -> None:
    starts, biases = starts_of(settings), biases_of(settings)
    own = [i for i, start in enumerate(starts, start=1) if start.pytorchs_stream]
    # The orders of the samples are drawn after all that nn.Linear draws.
    last = len(starts) if _order(settings) is SampleOrder.DATALOADER else max(own)
    writer.add(f"random = np.random.RandomState({settings.seed & 0xFFFFFFFF})")
    if own:
        writer.add("gain = np.sqrt(2 / (1 + np.sqrt(5) ** 2))  # kaiming_uniform_ with a = √5")

    def drawn(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start, bias = starts[i - 1], biases[i - 1]
        if i > last:
            return []
        if not start.pytorchs_stream:
            words = f"{fan_out} * ({fan_in} + 1)" if bias else f"{fan_out} * {fan_in}"
            return [f"random.randint(0, 2**32, {words}, np.uint32)  # what nn.Linear draws and {W}'s start replaces"]
        uniform, cast = _uniform(start, settings), _cast(start, settings)
        weight = f"{W} = {uniform}(({fan_out}, {fan_in}), np.sqrt(3) * (gain / np.sqrt({fan_in}))).T{cast}"
        return [weight, f"{b} = {uniform}(({fan_out},), 1 / np.sqrt({fan_in})){cast}"] if bias else [weight]

    _each_layer(writer, settings, drawn)


def _numpy_weights(writer: Writer, settings: Settings) -> None:
    starts, biases = starts_of(settings), biases_of(settings)
    writer.add(f"np.random.seed({settings.seed & 0xFFFFFFFF})")

    def drawn(i: int, text: str, **sizes: str) -> str:
        cast = _cast(starts[i - 1], settings)
        expression = text.format(**sizes)
        return f"{bracketed(expression)}{cast}" if cast else expression

    def weight(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start = starts[i - 1]
        if not start.numpys_stream:
            return []
        text, shape = NUMPYS_STARTS[start], f"{fan_in}, {fan_out}"
        return [f"{W} = {drawn(i, text, rows=fan_in, columns=fan_out, shape=shape, size=f'({shape})')}"]

    def bias(i: int, fan_in: str, fan_out: str, W: str, b: str) -> list[str]:
        start = starts[i - 1]
        if not start.numpys_stream or not biases[i - 1]:
            return []
        text = NUMPYS_STARTS[InitialWeights.ZEROS if start.zero_biases else start]
        return [f"{b} = {drawn(i, text, rows=fan_in, columns=fan_out, shape=fan_out, size=fan_out)}"]

    _each_layer(writer, settings, weight)
    _each_layer(writer, settings, bias)


Drawn = Callable[[int, str, str, str, str], list[str]]
"""The lines that draw a layer, from its number, fan_in, fan_out, weight and bias as they are written."""


def _each_layer(writer: Writer, settings: Settings, drawn: Drawn) -> None:
    """The lines that draw each layer's start: by name, in a loop, or one by one where many layers are not alike."""
    sizes = settings.layer_sizes
    layers = range(1, len(sizes))
    if not _is_looped(settings):
        names = ("W{}", "b{}") if is_unrolled(settings) else ("W[{}]", "b[{}]")
        for i in layers:
            W, b = (name.format(i) for name in names)
            lines = drawn(i, str(sizes[i - 1]), str(sizes[i]), W, b)
            if lines:
                writer.add("\n".join(lines))
        return
    lines = drawn(1, "fan_in", "fan_out", "W[i]", "b[i]")
    if lines:
        writer.add(f"for i in range(1, {len(sizes)}):")
        writer.add("fan_in, fan_out = sizes[i - 1], sizes[i]", indent=1)
        writer.add("\n".join(lines), indent=1)
