"""Judges an exported model: bicubic against each of its settings, on pairs (sharp, poor at a quarter of the size).

    python evaluate.py --model FOLDER [--pairs test/fixtures/photographs | --pool FOLDER | --packages FOLDER [--split test]
                       | --photographs FOLDER] [--draws N] [--chain bicubic|classical|real-esrgan|same-size] [--restored FOLDER] [--json FILE]

Each picture is restored in whole, without tiles, and rounded to 8 bits before it is measured, as a saved file would be.
With --pool, the validation pairs are judged instead: choices are made on those, never on the test photographs. With --packages it is
the same photographs in whole, at about 768 x 512, where there is more in a picture than in those crops; or those of the test, to report. --photographs are
any others, such as a standard test set, likewise. --chain makes other poor pictures of the same sharp ones: only made smaller by bicubic interpolation, by the classical chain of one round, by Real-ESRGAN's own, or of the same size but blurred,
noisy and compressed. The last column tells of a grid: how many times stronger than its neighbours the change is at periods of 8 and 64 pixels.
"""

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import photographs
import real_esrgan
from degradation import blur, degrade, degrade_once, from_bytes, jpeg, noise, to_bytes
from metrics import colour_shift, luma, psnr_y, ssim_y
from niqe import PRISTINE, niqe
from pool import upscale
from restoration import Restoration
from loop import to_tensor

REPOSITORY = Path(__file__).resolve().parents[2]
WHOLE, MULTIPLE = 768 * 512, 32
PICTURES = {".bmp", ".jpg", ".jpeg", ".png", ".webp"}
CHAINS = {"classical": degrade_once, "real-esrgan": real_esrgan.degrade}
MEASURES = ("psnr_y", "ssim_y", "niqe", "shift", "grid")


def load(folder: Path) -> Restoration:
    """The model of a Diffusers-layout folder, in float32."""
    about = json.loads((folder / "gendr.json").read_text())
    vae, unet = (json.loads((folder / part / "config.json").read_text()) for part in ("vae", "unet"))
    prompts = load_file(folder / "prompt_embeds.safetensors")
    settings = about["timesteps"]
    prompt = torch.cat([prompts[name] for name in settings])
    config = {"settings": settings, "grain": about.get("grain", {}), "colour_levels": about["color_transfer"]["levels"]}
    model = Restoration(config | {"prompt_tokens": prompt.shape[1], "vae": vae, "unet": unet})
    weights = {"prompt": prompt}
    for part in ("vae", "unet"):
        weights |= {f"{part}.{k}": v for k, v in load_file(folder / part / "diffusion_pytorch_model.safetensors").items()}
    weights |= load_file(folder / "gates/diffusion_pytorch_model.safetensors")
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    return model.eval().requires_grad_(False)


def fixture_pairs(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, sharp and bicubic of each NAME.jpg with a NAME.lq.png, uint8 [h, w, 3]."""
    for path in sorted(folder.glob("*.lq.png")):
        name = path.name.removesuffix(".lq.png")
        sharp = np.array(Image.open(folder / f"{name}.jpg"))
        yield name, sharp, upscale(np.array(Image.open(path)), sharp.shape[1], sharp.shape[0])


def validation_pairs(pool: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The same of the pool's validation pairs."""
    pairs = zip(*(np.load(pool / f"validation_{name}.npy") for name in ("sharp", "poor")), strict=True)
    for index, (sharp, poor) in enumerate(pairs):
        yield f"validation-{index}", sharp, poor


def whole_pairs(pictures: Iterable[tuple[str, Image.Image]], draws: int = 1) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The same of pictures in whole, shrunk to about WHOLE pixels where they are much larger, each `draws` times."""
    for index, (name, picture) in enumerate(pictures):
        factor = max(1.0, math.sqrt(picture.width * picture.height / WHOLE))
        width, height = (round(length / factor / MULTIPLE) * MULTIPLE for length in picture.size)
        sharp = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))
        for draw in range(draws):
            poor = degrade(sharp, 4, np.random.default_rng(8100 + 1000 * draw + index))
            yield f"{name} {draw + 1}" if draw else name, sharp, upscale(poor, width, height)


def split_of(packages: Path, split: str) -> Iterator[tuple[str, Image.Image]]:
    """The photographs of a split by name."""
    for photograph in photographs.catalogue(split):
        yield photograph.name, photographs.load(photograph, packages)


def folder_of(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Those in a folder, in the order of their names."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES:
            yield path.stem, Image.open(path).convert("RGB")


def again(pairs: Iterator, chain: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The same sharp pictures, poor in another way."""
    for index, (name, sharp, _) in enumerate(pairs):
        yield name, sharp, made_poor(sharp, chain, np.random.default_rng(9000 + index))


def made_poor(sharp: np.ndarray, chain: str, rng: np.random.Generator) -> np.ndarray:
    """A sharp picture poor in one way, at its own size again."""
    height, width = sharp.shape[:2]
    if chain == "bicubic":
        small = Image.fromarray(sharp).resize((width // 4, height // 4), Image.Resampling.BICUBIC)
        return upscale(np.array(small), width, height)
    if chain in CHAINS:
        return upscale(CHAINS[chain](sharp, 4, rng), width, height)
    x = noise(blur(from_bytes(sharp), rng.uniform(0.5, 1.5), rng), rng.uniform(2, 12) / 255, rng)
    return to_bytes(jpeg(x, rng.uniform(30, 70), rng))


def grid(change: np.ndarray) -> float:
    """The greatest ratio of the spectrum of a change [h, w] at a period of 8 or 64 pixels, on either axis, to that beside it."""
    ratios = []
    for axis in (0, 1):
        side = change.shape[axis] // 64 * 64
        lines = np.moveaxis(change, axis, 0)[:side].reshape(side, -1)
        power = np.square(np.abs(np.fft.rfft(lines, axis=0))).mean(axis=1)
        for place in (side // 8, side // 64):
            beside = [power[place + step] for step in (-3, -2, 2, 3) if 0 < place + step < len(power)]
            ratios.append(power[place] / np.median(beside))
    return float(max(ratios))


def restore(model: Restoration, poor: np.ndarray, setting: int) -> np.ndarray:
    """The restored picture, uint8 like the upscaled poor one."""
    y = model.restore(to_tensor(poor[None]), setting)[0].permute(1, 2, 0)
    return (y * 255).round().byte().numpy()


def measure(picture: np.ndarray, sharp: np.ndarray, poor: np.ndarray, pristine: dict) -> dict[str, float]:
    """All measures of one picture; the colour shift is against the poor one, whose colours a restoration must keep."""
    y, target, given = (to_tensor(p[None]) for p in (picture, sharp, poor))
    change = (luma(y) - luma(given))[0, 0].numpy()
    values = (psnr_y(y, target), ssim_y(y, target), niqe(picture, pristine), colour_shift(y, given), grid(change) if change.any() else 0.0)
    return dict(zip(MEASURES, values, strict=True))


def judge(model: Restoration, pairs: Iterator, restored_folder: Path | None) -> dict:
    """{"images": {name: {"bicubic": measures, SETTING: measures, ...}}, "mean": the same}."""
    pristine = json.loads(PRISTINE.read_text())
    images = {}
    for name, sharp, poor in pairs:
        pictures = {"bicubic": poor} | {setting: restore(model, poor, index) for index, setting in enumerate(model.settings)}
        images[name] = {side: measure(picture, sharp, poor, pristine) for side, picture in pictures.items()}
        if restored_folder:
            restored_folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.concatenate([*pictures.values(), sharp], axis=1)).save(restored_folder / f"{name}.png")
    mean = {
        side: {m: float(np.mean([image[side][m] for image in images.values()])) for m in MEASURES}
        for side in ("bicubic", *model.settings)
    }
    return {"images": images, "mean": mean}


def table(result: dict) -> str:
    """The result as a Markdown table; each cell has bicubic and the settings in their order."""
    lines = [f"{' / '.join(result['mean'])}", "", "| picture | PSNR-Y, dB | SSIM-Y | NIQE | colour shift, 1/255 | grid |", "|---|---|---|---|---|---|"]
    for name, sides in [*result["images"].items(), ("**mean**", result["mean"])]:
        digits = zip(MEASURES, (2, 3, 2, 2, 1), strict=True)
        cells = [" / ".join(f"{side[measure]:.{n}f}" for side in sides.values()) for measure, n in digits]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    judged = parser.add_mutually_exclusive_group()
    judged.add_argument("--pairs", type=Path, default=REPOSITORY / "test/fixtures/photographs")
    judged.add_argument("--pool", type=Path)
    judged.add_argument("--packages", type=Path, help="the photographs, as photographs.py reads them")
    judged.add_argument("--photographs", type=Path, help="a folder of sharp pictures")
    parser.add_argument("--split", choices=("validation", "test"), default="validation", help="which of the photographs in --packages")
    parser.add_argument("--draws", type=int, default=1, help="how many poor versions of each picture in whole: with one, chance moves the mean gain by .005 of SSIM")
    parser.add_argument("--chain", choices=("bicubic", "classical", "real-esrgan", "same-size"))
    parser.add_argument("--restored", type=Path, help="where to write poor | restored | sharp side by side")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.packages:
        pairs = whole_pairs(split_of(options.packages, options.split), options.draws)
    elif options.photographs:
        pairs = whole_pairs(folder_of(options.photographs), options.draws)
    elif options.pool:
        pairs = validation_pairs(options.pool)
    else:
        pairs = fixture_pairs(options.pairs)
    if options.chain:
        pairs = again(pairs, options.chain)
    model = load(options.model)
    with torch.no_grad():
        result = judge(model, pairs, options.restored)
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
