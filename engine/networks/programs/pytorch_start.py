"""How a PyTorch program gives its layers NumPy's start, drawn from the same stream. A test holds it to NumPy's bits."""

from __future__ import annotations

from itertools import pairwise

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.choices import InitialWeights
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Settings
from engine.networks.programs.base import bracketed
from engine.networks.programs.given_start import pytorch_start

UNIT_UNIFORM = '''\
def unit_uniform(*shape):
    """np.random.random(shape), to the last bit: 53 bits of two words of the same MT19937 stream."""
    words = torch.empty(shape, dtype=torch.int64).random_(-(2**63), None)
    high, low = (words >> 37 & 0x7FFFFFF).double(), (words >> 6 & 0x3FFFFFF).double()
    return (high * 2**26 + low) / 2**53'''

TRUNCATED_NORMAL = '''\
def truncated_normal(*shape, bound):
    """A standard normal cut off at ±bound, by inverting its distribution function."""
    normal = NormalDist()
    low, high = normal.cdf(-bound), normal.cdf(bound)
    points = low + (high - low) * unit_uniform(*shape)
    values = [normal.inv_cdf(point) for point in points.flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).clamp(-bound, bound)'''

STANDARD_NORMAL = '''\
def normals():
    """What np.random.randn draws, one by one, to the last bit: two of each point inside the unit circle."""
    while True:
        x, y = (2 * unit_uniform(2) - 1).tolist()
        square = x * x + y * y
        if 0 < square < 1:
            factor = math.sqrt(-2 * math.log(square) / square)
            yield from (factor * y, factor * x)


drawn = normals()


def standard_normal(*shape):
    values = [next(drawn) for _ in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)'''

STARTS = {
    InitialWeights.UNIT_UNIFORM: "unit_uniform({shape})",
    InitialWeights.TRUNCATED_NORMAL: "truncated_normal({shape}, bound={fan_in}**-0.5)",
    InitialWeights.NORMAL: "standard_normal({shape})",
    InitialWeights.SMALL_NORMAL: "0.01 * standard_normal({shape})",
    InitialWeights.UNIFORM_HALF: "unit_uniform({shape}) - 0.5",
    InitialWeights.UNIFORM_ONE: "2 * unit_uniform({shape}) - 1",
    InitialWeights.HE: "standard_normal({shape}) * math.sqrt(2 / {fan_in})",
    InitialWeights.GLOROT: "(2 * unit_uniform({shape}) - 1) * math.sqrt(6 / ({fan_in} + {fan_out}))",
    InitialWeights.SCALED_NORMAL: "standard_normal({shape}) / math.sqrt({fan_in})",
}
"""What draws a weight (fan_in, fan_out), or a bias, from NumPy's stream."""


def starts_of(settings: Settings) -> tuple[InitialWeights, ...]:
    """Of each layer."""
    return of_layers(settings.pytorch.initial_weights, len(settings.activations))


def start_lines(settings: Settings) -> list[str]:
    """What gives the layers a start that `nn.Linear` does not draw."""
    lines, given = _drawn_lines(settings), _given_lines(settings)
    return lines + (given if lines else ["with torch.no_grad():", *given] if given else [])


def _given_lines(settings: Settings) -> list[str]:
    layers = [i for i, start in enumerate(starts_of(settings), start=1) if start is InitialWeights.GIVEN]
    return [f"    {line}" for layer in layers for line in pytorch_start(settings, layer)]


def _drawn_lines(settings: Settings) -> list[str]:
    """From NumPy's stream: all weights before all biases."""
    starts = starts_of(settings)
    biases = of_layers(settings.pytorch.bias, len(starts))
    sizes = [(i, *pair) for i, pair in enumerate(pairwise(settings.layer_sizes)) if starts[i].numpys_stream]
    if not sizes:
        return []
    seeded = f"torch.manual_seed({settings.seed})"
    lines = [seeded, "with torch.no_grad():"]
    if settings.pytorch.order is SampleOrder.DATALOADER and settings.takes_batches(settings.pytorch):
        # DataLoader goes on in the stream where nn.Linear has left it.
        lines = ["with torch.random.fork_rng(devices=[]), torch.no_grad():", f"    {seeded}"]
    for i, fan_in, fan_out in sizes:
        lines.append(f"    {_weight_start(i, starts[i], fan_in, fan_out)}")
    for i, fan_in, fan_out in sizes:
        if biases[i] and starts[i].zero_biases:
            lines.append(f"    model[{2 * i}].bias.zero_()")
        elif biases[i]:
            drawn = STARTS[starts[i]].format(shape=fan_out, fan_in=fan_in, fan_out=fan_out)
            lines.append(f"    model[{2 * i}].bias.copy_({drawn})")
    return lines


def _weight_start(i: int, start: InitialWeights, fan_in: int, fan_out: int) -> str:
    if start is InitialWeights.ZEROS:
        return f"model[{2 * i}].weight.zero_()"
    drawn = STARTS[start].format(shape=f"{fan_in}, {fan_out}", fan_in=fan_in, fan_out=fan_out)
    return f"model[{2 * i}].weight.copy_({bracketed(drawn)}.T)"
