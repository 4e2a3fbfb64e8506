"""A training step as one CUDA graph.

What bounds a small network on a GPU is the one CPU core that launches its kernels; a graph launches them all at once.
"""

from collections.abc import Callable

import torch
from torch import Tensor

WARM_UP = 3


def replayable(optimiser: torch.optim.Optimizer, device: str) -> None:
    """Keeps what changes between steps in tensors on the GPU, as a recorded step wants it."""
    for group in optimiser.param_groups:
        group["lr"] = torch.tensor(float(group["lr"]), device=device)
        if "capturable" in group:
            group["capturable"] = True


class Replayed:
    """`function` of CUDA tensors that returns tensors by name: recorded at the first call with tensors of such shapes and such constants, replayed after.

    Before it is recorded it runs `WARM_UP` times, each with all its effects. It may not wait for the GPU, and what changes from call to call must be in
    tensors that keep their place. Source: PyTorch's notes on CUDA semantics, "CUDA Graphs". Raises ValueError where there is no CUDA device.
    """

    def __init__(self, function: Callable[..., dict[str, Tensor]]):
        if not torch.cuda.is_available():
            raise ValueError("--replay records CUDA graphs, and PyTorch finds no CUDA device here: leave it out")
        self.function = function
        self.recordings: dict[tuple, tuple[torch.cuda.CUDAGraph, list[Tensor], dict[str, Tensor]]] = {}

    def __call__(self, *tensors: Tensor, **constants: bool) -> dict[str, Tensor]:
        key = (*(tensor.shape for tensor in tensors), *constants.items())
        if key not in self.recordings:
            self.recordings[key] = self.record(tensors, constants)
        graph, given, returned = self.recordings[key]
        for place, tensor in zip(given, tensors, strict=True):
            place.copy_(tensor)
        graph.replay()
        return {name: tensor.clone() for name, tensor in returned.items()}

    def record(self, tensors: tuple[Tensor, ...], constants: dict[str, bool]) -> tuple[torch.cuda.CUDAGraph, list[Tensor], dict[str, Tensor]]:
        """The graph, where its inputs go, and what it returns."""
        given = [tensor.clone() for tensor in tensors]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self.function(*given, **constants)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            returned = self.function(*given, **constants)
        return graph, given, returned
