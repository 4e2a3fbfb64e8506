"""Trains one stage of a model.

    python train.py direct      --pool FOLDER                             autoencoder and one-step network, end to end
    python train.py autoencoder --pool FOLDER                             GenDR's recipe: first the autoencoder,
    python train.py base        --pool FOLDER --autoencoder CHECKPOINT    then the base diffusion model with REPA,
    python train.py distil      --pool FOLDER --base CHECKPOINT           then one step by VSD, SiD, CiD or CiDA

`python train.py STAGE --help` lists the options; loop.py says what is written where.
"""

import argparse
import json
from pathlib import Path

import torch

import loop
from stages import autoencoder, base, direct, distil

STAGES = {
    "direct": (direct, direct.Direct),
    "autoencoder": (autoencoder, autoencoder.AutoencoderStage),
    "base": (base, base.Base),
    "distil": (distil, distil.Distil),
}


def read_config(size: str) -> dict:
    """configs/SIZE.json."""
    return json.loads((Path(__file__).resolve().parent / f"configs/{size}.json").read_text())


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="stage", required=True)
    for name, (module, _) in STAGES.items():
        command = commands.add_parser(name, help=module.__doc__.splitlines()[0])
        loop.add_arguments(command)
        module.add_arguments(command)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    config = read_config(options.size)
    loop.run(STAGES[options.stage][1](config, options), config, options)


if __name__ == "__main__":
    main()
