"""Low-rank adapters (LoRA, Hu et al. 2022): several small sets of weights on one shared, frozen base.

The restorer, both score networks and the discriminator are one UNet with different adapters switched on.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn


class Adapted(nn.Module):
    """A frozen linear or convolution layer W and named adapters: W x + alpha / rank * B A x for the one switched on."""

    def __init__(self, base: nn.Linear | nn.Conv2d, names: tuple[str, ...], rank: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.factor = alpha / rank
        self.active: str | None = None
        self.down = nn.ModuleDict({name: self.first(base, rank) for name in names})
        self.up = nn.ModuleDict({name: self.second(base, rank) for name in names})
        for layer in self.up.values():
            nn.init.zeros_(layer.weight)

    @staticmethod
    def first(base: nn.Linear | nn.Conv2d, rank: int) -> nn.Module:
        """A: inputs to rank, with the base's kernel."""
        if isinstance(base, nn.Linear):
            return nn.Linear(base.in_features, rank, bias=False)
        return nn.Conv2d(base.in_channels, rank, base.kernel_size, base.stride, base.padding, bias=False)

    @staticmethod
    def second(base: nn.Linear | nn.Conv2d, rank: int) -> nn.Module:
        """B: rank to outputs; zero at first, so that an untrained adapter changes nothing."""
        if isinstance(base, nn.Linear):
            return nn.Linear(rank, base.out_features, bias=False)
        return nn.Conv2d(rank, base.out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.base(x)
        return y if self.active is None else y + self.factor * self.up[self.active](self.down[self.active](x))

    @torch.no_grad()
    def merged(self, name: str) -> nn.Module:
        """The base layer with one adapter added to its weights."""
        up, down = self.up[name].weight, self.down[name].weight
        change = up.flatten(1) @ down.flatten(1)
        self.base.weight += self.factor * change.reshape(self.base.weight.shape)
        return self.base


def adapt(network: nn.Module, names: tuple[str, ...], rank: int, alpha: float) -> None:
    """Replaces every linear and convolution layer of `network` by one with adapters; everything else is frozen."""
    network.requires_grad_(False)
    for parent in list(network.modules()):
        for key, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear | nn.Conv2d):
                setattr(parent, key, Adapted(layer, names, rank, alpha))


def layers(network: nn.Module) -> Iterator[Adapted]:
    """The adapted layers."""
    return (module for module in network.modules() if isinstance(module, Adapted))


def activate(network: nn.Module, name: str | None) -> nn.Module:
    """Switches one adapter on, or all off; returns the network."""
    for layer in layers(network):
        layer.active = name
    return network


def adapter_parameters(network: nn.Module, name: str) -> list[nn.Parameter]:
    """What training that adapter changes."""
    return [p for layer in layers(network) for part in (layer.down[name], layer.up[name]) for p in part.parameters()]


def merge(network: nn.Module, name: str) -> None:
    """Adds one adapter to the base and removes all adapters: a plain network again, with its plain key names."""
    for parent in list(network.modules()):
        for key, layer in list(parent.named_children()):
            if isinstance(layer, Adapted):
                setattr(parent, key, layer.merged(name))
