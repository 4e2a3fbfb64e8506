"""Another configuration's network that begins as a trained one: with more residual blocks, or another UNet.

    python grow.py --checkpoint runs/checkpoint.pt --config configs/nano.json --pool pool --out begin.pt

Of the autoencoder every weight is kept, and blocks that are new begin as nothing on their shortcut. The UNet begins anew; at first it answers,
in each setting, with the old one's mean prediction. So a UNet that has stopped to contribute costs nothing to replace.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from loop import to_tensor
from restoration import Restoration
from settings import sample, tell_apart


@torch.no_grad()
def grow(old: Restoration, config: dict, poor: np.ndarray) -> Restoration:
    """A network of `config`, which must have the old one's widths in the autoencoder. poor: uint8 [n, h, w, 3], what means are taken from.

    Raises KeyError for a new weight that is in no residual block.
    """
    config["vae"]["scaling_factor"] = old.scale
    model, kept = Restoration(config), old.state_dict()
    lasting = {name: value for name, value in model.state_dict().items() if name.startswith(("vae.", "gates."))}
    state = {name: kept[name] if name in kept else fresh(name, value) for name, value in lasting.items()}
    model.load_state_dict(model.state_dict() | state)
    z = old.vae.encode(2 * to_tensor(poor) - 1) * old.scale
    answers = torch.stack([old.unet(z, *old.asked(setting)).mean((0, 2, 3)) for setting in (0, -1)])
    tell_apart(model, poor, answers)
    return model


def fresh(name: str, value: torch.Tensor) -> torch.Tensor:
    """The beginning of a weight that the old network lacks: as drawn, but nothing where a residual path ends."""
    if ".resnets." not in name:
        raise KeyError(f"{name} is new and in no residual block: expected the old network's widths")
    return torch.zeros_like(value) if ".conv2." in name else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    before = torch.load(options.checkpoint, map_location="cpu", weights_only=False)
    trained, config = Restoration(before["config"]), json.loads(options.config.read_text())
    trained.load_state_dict(before["average"])
    grown = grow(trained, config, sample(options.pool))
    torch.save({"config": config, "average": grown.state_dict()}, options.out)
