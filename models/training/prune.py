"""A trained network with fewer blocks, to be taught by the one that has them all (`train.py direct --lessons --begin-from`).

    python prune.py --checkpoint FILE --pool FOLDER [--chain real-esrgan] [--every 3]      # what each block is worth
    python prune.py --checkpoint FILE --drop BLOCK ... --out FILE

What a block is worth is by how much SSIM-Y of the validation pairs falls without it, in the first setting and in the last. Those that are nearly idle on
one chain may not be on another: ask on both. Blocks that can go are the autoencoder's residual blocks that keep the width, and a level's attention in the UNet.
"""

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from torch import nn

from evaluate import again, restore, validation_pairs
from loop import to_tensor
from metrics import ssim_y
from restoration import Restoration, load_average
from unet import Level
from vae import Residual

ATTENTION = ".attentions"


def blocks(model: Restoration) -> list[str]:
    """The names of the blocks that the network works without, in the order of the state."""
    residual = [f"vae.{name}" for name, module in model.vae.named_modules() if isinstance(module, Residual) and module.conv_shortcut is None]
    attention = [f"unet.{name}{ATTENTION}" for name, module in model.unet.named_modules() if isinstance(module, Level) and module.attends]
    return residual + attention


def without(model: Restoration, names: list[str]) -> Restoration:
    """A copy that lacks these blocks, with a configuration that says so; raises ValueError for a name that is not among blocks(model)."""
    if unknown := [name for name in names if name not in blocks(model)]:
        raise ValueError(f"No block that can go is called {', '.join(unknown)}. There are: {', '.join(blocks(model))}")
    left = copy.deepcopy(model)
    for name in reversed([name for name in blocks(model) if name in names]):  # the last first: those behind move up
        owner, _, index = name.rpartition(".")
        if name.endswith(ATTENTION):
            level = left.get_submodule(owner)
            level.attends = False
            del level.attentions
        else:
            del left.get_submodule(owner)[int(index)]
    pruned = Restoration(left.config | {"vae": left.config["vae"] | {"layers_per_block": layers(left)}, "unet": left.config["unet"] | attending(left)})
    pruned.load_state_dict(left.state_dict())
    return pruned.eval().requires_grad_(False)


def layers(model: Restoration) -> dict[str, list[int]]:
    """The autoencoder's `layers_per_block`: the full size first, and at last the middle."""
    encoder, decoder = model.vae.encoder, model.vae.decoder
    count = lambda stages, middle: [len(stage.resnets) for stage in (*stages, middle)]
    return {"encoder": count(encoder.down_blocks, encoder.mid_block), "decoder": count(reversed(decoder.up_blocks), decoder.mid_block)}


def attending(model: Restoration) -> dict[str, list[str]]:
    """The UNet's types of blocks."""
    kinds = lambda side: [f"{'CrossAttn' if level.attends else ''}{side}Block2D" for level in getattr(model.unet, f"{side.lower()}_blocks")]
    return {f"{side.lower()}_block_types": kinds(side) for side in ("Down", "Up")}


def worth(model: Restoration, pairs: list[tuple[str, np.ndarray, np.ndarray]]) -> dict[str, tuple[float, float]]:
    """By how much the mean SSIM-Y of first and last setting falls without each block."""

    def quality(candidate: Restoration) -> np.ndarray:
        similar = lambda sharp, poor, setting: ssim_y(to_tensor(restore(candidate, poor, setting)[None]), to_tensor(sharp[None]))
        return np.mean([[similar(sharp, poor, setting) for setting in (0, -1)] for _, sharp, poor in pairs], axis=0)

    whole = quality(model)
    return {name: tuple(whole - quality(without(model, [name]))) for name in blocks(model)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--pool", type=Path, help="where the validation pairs are")
    parser.add_argument("--chain", choices=("bicubic", "real-esrgan", "same-size"))
    parser.add_argument("--every", type=int, default=3, help="only every so manieth pair")
    parser.add_argument("--drop", nargs="+", default=[], metavar="BLOCK")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    network, state = load_average(options.checkpoint)
    if options.pool:
        chosen = validation_pairs(options.pool)
        chosen = list(again(chosen, options.chain) if options.chain else chosen)[:: options.every]
        for name, lost in worth(network, chosen).items():
            print(name, *(f"{value:.4f}" for value in lost))
    if options.out:
        smaller = without(network, options.drop)
        kept = {key: state[key] for key in ("step", "seconds")}
        torch.save(kept | {"config": smaller.config, "average": smaller.state_dict()}, options.out)
        print({key: smaller.config[part][key] for part, key in (("vae", "layers_per_block"), ("unet", "down_block_types"), ("unet", "up_block_types"))})
