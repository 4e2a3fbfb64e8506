"""Our graphs against torch.onnx's of the same weights: time, peak memory and difference, in one run on the CPU.

    gendr import --random full.json --name full      # {"unet": ..., "vae": ..., "type": "F16"} of models/training/configs/full.json
    PYTHONPATH=models/training python test/bench/torch_onnx.py data/models/full models/training/configs/full.json --side 512

Wants PyTorch, safetensors, onnx and onnxruntime. Each graph runs in a process of its own, so that its memory is its own.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PARTS = {"encoder": "vae", "unet": "unet", "decoder": "vae"}


def load(part: str, folder: Path, config: dict):
    """The module of one part with the model's own weights, from one input to one output."""
    import torch
    from safetensors.torch import load_file
    from unet import UNet
    from vae import Autoencoder

    kind = PARTS[part]
    module = (UNet if kind == "unet" else Autoencoder)(config[kind])
    module.load_state_dict({name: value.float() for name, value in load_file(folder / f"{kind}.safetensors").items()})
    prompts = load_file(folder / "conditioning.safetensors")
    manifest = json.loads((folder / "manifest.json").read_text())
    timestep, prompt = manifest["constants"]["timestep"], prompts["prompts." + manifest["conditioning"]["prompt"]][None]

    class Part(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = module

        def forward(self, x):
            if part == "unet":
                return self.inner(x, timestep, prompt)
            return self.inner.encode(x) if part == "encoder" else self.inner.decode(x)

    return Part().eval()


def export(part: str, folder: Path, config: dict, side: int, path: Path) -> None:
    import torch

    with torch.no_grad():
        torch.onnx.export(
            load(part, folder, config), (example(part, side),), str(path), dynamo=False, opset_version=17, input_names=["x"]
        )


def example(part: str, side: int):
    import torch

    torch.manual_seed(0)
    return torch.randn(1, 3, side, side) if part == "encoder" else torch.randn(1, 16, side // 8, side // 8)


def sessions(paths: list[Path]):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return [onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]) for path in paths]


def weigh(path: Path, given: Path) -> None:
    """In a process of its own: prints seconds to load, and MB after one run."""
    import numpy

    begin = time.perf_counter()
    (session,) = sessions([path])
    loaded = time.perf_counter() - begin
    session.run(None, {session.get_inputs()[0].name: numpy.load(given)})
    print(json.dumps({"load": loaded, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def race(paths: list[Path], given: Path, rounds: int) -> None:
    """All graphs in turn, so that the machine's other work meets them alike: prints median milliseconds and differences."""
    import numpy

    x = numpy.load(given)
    runners = sessions(paths)
    times, results = [[] for _ in paths], [None for _ in paths]
    for turn in range(rounds + 1):
        for index, session in enumerate(runners):
            begin = time.perf_counter()
            results[index] = session.run(None, {session.get_inputs()[0].name: x})[0]
            if turn > 0:
                times[index].append(time.perf_counter() - begin)
    errors = [float(abs(result - results[0]).max() / results[0].std()) for result in results]
    print(json.dumps({"times": [statistics.median(one) for one in times], "errors": errors}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parts", default="encoder,unet,decoder")
    parser.add_argument("--weigh", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--race", nargs="+", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.weigh:
        return weigh(*args.weigh)
    if args.race:
        return race(args.race[1:], args.race[0], args.rounds)
    import numpy

    config = json.loads(args.config.read_text())
    base = [sys.executable, __file__, str(args.model), str(args.config), "--rounds", str(args.rounds)]

    def ask(*flags) -> dict:
        return json.loads(subprocess.run([*base, *map(str, flags)], check=True, capture_output=True, text=True).stdout)

    print(f"{'part':<9}{'graph':<14}{'load s':>8}{'MB':>7}{'run ms':>9}{'ratio':>7}{'error/std':>11}")
    for part in args.parts.split(","):
        with tempfile.TemporaryDirectory() as folder:
            theirs, given = Path(folder) / "torch.onnx", Path(folder) / "given.npy"
            numpy.save(given, example(part, args.side).numpy())
            if os.fork() == 0:  # exporting needs much memory, which the process would keep
                export(part, args.model, config, args.side, theirs)
                os._exit(0)
            os.wait()
            names = {"torch.onnx": theirs, "ours": args.model / f"{part}.onnx", "ours, cpu": args.model / f"{part}.cpu.onnx"}
            graphs = {name: path for name, path in names.items() if path.exists()}
            weights = [ask("--weigh", path, given) for path in graphs.values()]
            found = ask("--race", given, *graphs.values())
            for name, weight, seconds, error in zip(graphs, weights, found["times"], found["errors"], strict=True):
                figures = f"{weight['load']:>8.1f}{weight['memory']:>7.0f}{1000 * seconds:>9.0f}"
                print(f"{part:<9}{name:<14}{figures}{seconds / found['times'][0]:>7.2f}{error:>11.1e}", flush=True)


if __name__ == "__main__":
    main()
