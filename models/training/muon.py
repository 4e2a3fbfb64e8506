"""Muon: momentum whose every matrix is made orthogonal before it is applied (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks").

All directions of a matrix learn at one rate, so blocks that the gradient hardly reaches are put to use too, where Adam left them as they were drawn.
For the weights of hidden layers; first and last layers, vectors and embeddings are Adam's.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

MOMENTUM, DECAY = 0.95, 0.01
QUINTIC, ITERATIONS = (3.4445, -4.7750, 2.0315), 5


@torch.no_grad()
def orthogonal(x: Tensor) -> Tensor:
    """Nearly the nearest matrices [n, rows, columns] with singular values of one, 0.7..1.2; by Newton and Schulz's iteration in bfloat16."""
    tall = x.shape[1] > x.shape[2]
    y = (x.mT if tall else x).bfloat16()
    y = y / (y.norm(dim=(1, 2), keepdim=True) + 1e-7)
    first, third, fifth = QUINTIC
    for _ in range(ITERATIONS):
        square = y @ y.mT
        y = first * y + (third * square + fifth * square @ square) @ y
    return (y.mT if tall else y).to(x.dtype)


class Muon(torch.optim.Optimizer):
    """Weights of any shape as matrices [outputs, all else]; a tall one's step is larger by the root of rows over columns.

    `lr` is the spectral norm of a step: 0.006 here, whatever the width.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float):
        alike: dict[tuple, list[nn.Parameter]] = {}
        for parameter in parameters:
            alike.setdefault(parameter.flatten(1).shape, []).append(parameter)
        super().__init__([{"params": group} for group in alike.values()], {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients, which all parameters must have."""
        for group in self.param_groups:
            parameters, rate = group["params"], group["lr"]
            gradient = torch.stack([parameter.grad.flatten(1) for parameter in parameters])
            state = self.state[parameters[0]]
            if not state:
                state["momentum"] = torch.zeros_like(gradient)
            momentum = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
            stretch = max(1.0, gradient.shape[1] / gradient.shape[2]) ** 0.5
            steps = orthogonal(gradient.lerp(momentum, MOMENTUM)) * (rate * stretch)
            for parameter, step in zip(parameters, steps, strict=True):
                parameter.mul_(1 - DECAY * rate).sub_(step.view(parameter.shape))
