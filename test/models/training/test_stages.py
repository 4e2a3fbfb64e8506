"""Each stage of training on two crops: a few steps lower its loss, and a run goes on from its checkpoint as if never stopped."""

import argparse
import contextlib
import json
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import evaluate
import loop
import train
from adapters import activate, adapt, adapter_parameters, merge
from export import write
from grain import GrainGate
from lessons import make_lessons
from loop import batch, follow
from place_grain import with_gate
from restoration import Restoration, load_average
from settings import DISTANCE, tell_apart
from stages.autoencoder import AutoencoderStage
from stages.base import Base
from stages.direct import CONSTANT, CONSTANT_SHARE, Direct
from stages.distil import METHODS, Distil
from unet import UNet

SIDE, ROUND = 32, 10
# Losses that fall while both sides learn; the restorer's own is a game against the scores.
EXPECTED = {"vsd": ("fake",), "sid": ("fake",), "cid": ("fake", "real"), "cida": ("fake", "real", "critic")}


def tiny_config() -> dict:
    """gendr-nano's configuration at a width that trains in seconds."""
    config = train.read_config("nano")
    config["vae"].update(block_out_channels=[8, 16], layers_per_block={"encoder": [2, 1, 2], "decoder": [3, 1, 0]}, norm_num_groups=4)
    config["unet"].update(down_block_types=["DownBlock2D", "CrossAttnDownBlock2D"], block_out_channels=[16, 24], norm_num_groups=8, cross_attention_dim=8, attention_head_dim=[2, 2])
    rates = {"direct": 2e-3, "vae": 2e-3, "base": 2e-3, "distil": 3e-4, "scores": 4e-3}
    config["training"].update(adapter={"rank": 4, "alpha": 8}, rates=rates)
    return config


class NoCopies(TorchDispatchMode):
    """Fails where a tensor moves from one device to another, which a step that is recorded as a CUDA graph may not."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        given = {x.device.type for x in (*args, *(kwargs or {}).values()) if isinstance(x, torch.Tensor) and x.dim() > 0}
        if isinstance(result, torch.Tensor) and given and result.device.type not in given:
            raise AssertionError(f"{function} copies from {given} to {result.device}")
        return result


class Stages(unittest.TestCase):
    """One folder with a pool of two pairs; stages build on each other's checkpoints."""

    @classmethod
    def setUpClass(cls):
        torch.manual_seed(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = Path(cls.folder.name)
        rng = np.random.default_rng(3)
        coarse = rng.integers(30, 225, (2, 64, 64, 3), dtype=np.uint8)
        sharp = coarse.repeat(4, axis=1).repeat(4, axis=2)
        poor = np.clip(sharp.astype(int) + rng.integers(-25, 25, sharp.shape), 0, 255).astype(np.uint8)
        for name, pictures in (("sharp", sharp), ("poor", poor)):
            np.save(cls.path / f"{name}.npy", pictures)
            np.save(cls.path / f"validation_{name}.npy", pictures[:1].repeat(2, axis=2)[:, :, :384])
        cls.base = cls.path / "base.pt"
        config = tiny_config()
        stage = AutoencoderStage(config, cls.options())
        cls.keep(stage, config, cls.path / "autoencoder.pt")
        config = tiny_config()
        stage = Base(config, cls.options())
        cls.train(stage, 100)
        stage.average.load_state_dict(stage.model.state_dict())
        cls.keep(stage, config, cls.base)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def options(cls, **more) -> argparse.Namespace:
        """What the command line would give."""
        return argparse.Namespace(
            **{
                "device": "cpu", "pool": cls.path, "seed": 1, "perceptual": None, "encoder": None, "begin_from": None, "lessons": None,
                "rate": None, "bf16": False, "compile": False, "replay": False, "crops": None,
                "texture": 0.05, "energy": 0.05, "texture_from": 2.0, "autoencoder": cls.path / "autoencoder.pt",
                "base": cls.base, "method": "cida", "xi": 0.5, "lambdas": (1.0, 0.1, 0.1), **more,
            }
        )

    @classmethod
    def keep(cls, stage: loop.Stage, config: dict, path: Path) -> None:
        """Writes a checkpoint."""
        torch.save(loop.Clock(1).state(stage, config), path)

    @classmethod
    def train(cls, stage: loop.Stage, steps: int = 40) -> list[dict[str, float]]:
        """The losses of some steps on one batch, the learning rate fully up; noise and times come again every ROUND steps."""
        pool = loop.Pool(cls.path, "cpu").pairs
        pair = batch(pool, 2, SIDE, np.random.default_rng(1))
        losses = []
        for step in range(steps):
            torch.manual_seed(step % ROUND)
            stage.step += loop.WARM_UP if stage.step == 0 else 1
            losses.append(stage.update(*pair, 0.0))
        return losses

    def falls(self, losses: list[dict[str, float]], name: str) -> None:
        """The mean of the last round is below that of the first."""
        values = [loss[name] for loss in losses]
        self.assertLess(np.mean(values[-ROUND:]), np.mean(values[:ROUND]), f"{name}: {values}")

    def test_a_direct_step_can_be_recorded(self):
        stage = Direct(tiny_config(), self.options())
        for network in (stage.model, stage.critic):
            network.to("meta")
        for optimiser in (stage.muon, stage.optimiser, stage.critic_optimiser):
            optimiser.step = lambda: None
        pictures = torch.empty(4, 3, 64, 64, device="meta")
        for is_textured in (False, True):
            with unittest.mock.patch("torch.autocast", lambda *_, **__: contextlib.nullcontext()), NoCopies():
                losses = stage.advance(pictures, pictures, is_textured=is_textured)
            self.assertEqual({str(loss.device) for loss in losses.values()}, {"meta"})

    def test_an_autoencoders_losses_are_all_where_it_is(self):
        stage = AutoencoderStage(tiny_config(), self.options())
        for network in (stage.model, stage.average, stage.critic):
            network.to("meta")
        for optimiser in (stage.optimiser, stage.critic_optimiser):
            optimiser.step = lambda: None
        pictures = torch.empty(2, 3, 64, 64, device="meta")
        for progress in (0.0, 1.0):
            losses = stage.update(pictures, pictures, progress)
            self.assertEqual({str(loss.device) for loss in losses.values()}, {"meta"})

    def test_direct(self):
        losses = self.train(Direct(tiny_config(), self.options()))
        for name in ("charbonnier", "structure", "reconstruction"):
            self.falls(losses, name)

    def test_direct_trains_every_part_once(self):
        stage = Direct(tiny_config(), self.options())
        trained = [id(p) for optimiser in (stage.muon, stage.optimiser) for group in optimiser.param_groups for p in group["params"]]
        self.assertEqual(sorted(trained), sorted(id(p) for p in stage.model.parameters()))

    def test_what_hangs_on_the_setting_alone_learns_slower_and_gates_join_later(self):
        stage = Direct(tiny_config(), self.options())
        groups = {id(p): group for group in stage.optimiser.param_groups for p in group["params"]}
        own = {name: groups[id(p)] for name, p in stage.model.named_parameters() if id(p) in groups}
        slow = [name for name, group in own.items() if group["share"] <= CONSTANT_SHARE]
        self.assertIn("prompt", slow)
        self.assertGreater(len(slow), 5)
        self.assertTrue(all(any(part in name for part in CONSTANT) for name in slow))
        self.assertTrue(all((group["joins"] > 0) == name.startswith("gates.") for name, group in own.items()))

    def test_direct_with_critic(self):
        losses = self.train(Direct(tiny_config(), self.options(texture_from=0.0)))
        self.falls(losses, "charbonnier")
        self.falls(losses, "energy")

    def test_lessons_bring_detail_near_to_the_teachers(self):
        teacher = Direct(tiny_config(), self.options())
        self.train(teacher)
        made = self.options(out=self.path / "lessons", pairs=3, side=64)
        make_lessons(teacher.model, made)
        smaller = tiny_config()
        smaller["vae"]["layers_per_block"] = {"encoder": [1, 1, 0], "decoder": [1, 1, 0]}
        pupil = Direct(smaller, self.options(lessons=made.out, texture_from=0.0))
        sharp, poor = pupil.draw(loop.Pool(self.path, "cpu").pairs, 4, SIDE, np.random.default_rng(1))
        losses = []
        for step in range(40):
            pupil.step += loop.WARM_UP if step == 0 else 1
            losses.append(pupil.update(sharp, poor, 0.0))
        self.falls(losses, "charbonnier")
        self.falls(losses, "log_error")
        self.assertEqual({loss["critic"].item() for loss in losses}, {0.0})

    def test_a_third_of_a_batch_are_lessons(self):
        white = self.path / "white"
        white.mkdir()
        for name in ("sharp", "poor"):
            np.save(white / f"{name}.npy", np.full((1, 64, 64, 3), 255, np.uint8))
        stage = Direct(tiny_config(), self.options(lessons=white))
        drawn = stage.draw(loop.Pool(self.path, "cpu").pairs, 9, SIDE, np.random.default_rng(1))
        for pictures in drawn:
            self.assertEqual([bool((picture == 1).all()) for picture in pictures], [False] * 6 + [True] * 3)

    def test_each_setting_gets_a_restoration_of_its_own(self):
        stage = Direct(tiny_config(), self.options(texture_from=0.0))
        self.train(stage)
        x = torch.rand(1, 3, SIDE, SIDE)
        faithful, detailed = (stage.model.restore(x, index) for index in range(2))
        both = stage.model.restore(x.expand(2, -1, -1, -1), torch.arange(2))
        self.assertGreater((faithful - detailed).abs().max().item(), 1e-4)
        torch.testing.assert_close(both, torch.cat([faithful, detailed]), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(stage.model.restore(x), detailed)

    def test_autoencoder(self):
        losses = self.train(AutoencoderStage(tiny_config(), self.options()))
        self.falls(losses, "charbonnier")
        self.falls(losses, "structure")

    def test_base(self):
        self.falls(self.train(Base(tiny_config(), self.options()), 80), "denoising")

    def test_base_with_alignment(self):
        losses = self.train(Base(tiny_config(), self.options(encoder=self.encoder())), 60)
        self.falls(losses, "alignment")

    def test_distil_by_each_method(self):
        for method in METHODS:
            with self.subTest(method):
                losses = self.train(Distil(tiny_config(), self.options(method=method)), 60)
                for name in EXPECTED[method]:
                    self.falls(losses, name)

    def test_distil_with_alignment(self):
        losses = self.train(Distil(tiny_config(), self.options(encoder=self.encoder())), 40)
        self.falls(losses, "alignment")

    def test_an_export_is_read_back_with_its_settings_and_grain(self):
        config = tiny_config()
        stage = Direct(config, self.options())
        self.train(stage, 4)
        self.keep(stage, config, self.path / "direct.pt")
        gate = GrainGate(stage.model.levels)
        torch.nn.init.normal_(gate.conv_out.weight)
        torch.save(with_gate(load_average(self.path / "direct.pt")[1], gate, 1.5), self.path / "placed.pt")
        model, state = load_average(self.path / "placed.pt")
        x = torch.rand(1, 3, SIDE, SIDE)
        before = [model.restore(x, index) for index in range(2)]
        write(model, state, self.path / "settings", "float32", self.path)
        again = evaluate.load(self.path / "settings")
        self.assertEqual(again.settings, ["faithful", "detailed"])
        self.assertEqual(again.grains.tolist(), [0, 1.5])
        self.assertEqual(again.vae.config["layers_per_block"], 2)
        for index in range(2):
            torch.testing.assert_close(again.restore(x, index), before[index], atol=1e-4, rtol=1e-3)
        from_placed = Direct(tiny_config(), self.options(begin_from=self.path / "placed.pt"))
        torch.testing.assert_close(from_placed.model.restore(x, 0), before[0], atol=1e-4, rtol=1e-3)

    def test_a_distilled_restorer_is_exported_as_a_plain_network(self):
        config = tiny_config()
        stage = Distil(config, self.options())
        self.train(stage, 8)
        self.keep(stage, config, self.path / "distil.pt")
        write(*load_average(self.path / "distil.pt"), self.path / "export", "float16", self.path)
        about = json.loads((self.path / "export/unet/config.json").read_text())
        self.assertEqual(about["_class_name"], "UNet2DConditionModel")

    def test_a_run_goes_on_as_if_never_stopped(self):
        def go(out: str, steps: int, resume: bool) -> dict:
            options = self.options(
                out=self.path / out, steps=6, minutes=None, resume=resume, validate_every=3, threads=1, texture_from=0.0, crops=(SIDE, 2)
            )
            torch.manual_seed(options.seed)
            config = tiny_config()
            stage = Direct(config, options)
            stop = stage.update
            stage.update = lambda *a: stop(*a) if stage.step < steps else self.fail("ran on")
            try:
                loop.run(stage, config, options)
            except AssertionError:
                pass
            return torch.load(self.path / out / "checkpoint.pt", weights_only=False)

        whole = go("whole", 6, False)
        go("parts", 3, False)
        parts = go("parts", 6, True)
        self.assertEqual((whole["step"], parts["step"]), (6, 6))
        for key, value in whole["model"].items():
            torch.testing.assert_close(parts["model"][key], value, atol=0, rtol=0)

    def test_a_run_goes_on_with_the_scale_that_it_began_with(self):
        config = tiny_config()
        config["vae"]["scaling_factor"] = 0.37
        begin = self.path / "begin.pt"
        torch.save({"config": config, "average": Restoration(config).state_dict()}, begin)

        def go(steps: int, resume: bool, begin_from: Path | None) -> tuple[dict, Direct]:
            options = self.options(
                out=self.path / "scaled", steps=steps, minutes=None, resume=resume, validate_every=0, threads=1, crops=(SIDE, 2), begin_from=begin_from
            )
            stage = Direct(config := tiny_config(), options)
            loop.run(stage, config, options)
            return torch.load(self.path / "scaled/checkpoint.pt", weights_only=False), stage

        go(1, False, begin)
        state, stage = go(2, True, None)
        self.assertEqual((state["step"], state["config"]["vae"]["scaling_factor"]), (2, 0.37))
        self.assertEqual((stage.model.scale, stage.average.scale), (0.37, 0.37))

    def encoder(self) -> Path:
        """A frozen random network in TorchScript, as a user's DINOv2 would come."""
        path = self.path / "encoder.pt"
        torch.jit.script(torch.nn.Conv2d(3, 12, 14, 14)).save(str(path))
        return path


    def test_without_validation_there_are_checkpoints_alone(self):
        options = self.options(
            out=self.path / "bare", steps=2, minutes=None, resume=False, validate_every=0, threads=1, crops=(SIDE, 2)
        )
        config = tiny_config()
        loop.run(Direct(config, options), config, options)
        self.assertEqual([path.name for path in (self.path / "bare").iterdir()], ["checkpoint.pt"])


class Adapters(unittest.TestCase):
    def test_untrained_adapters_change_nothing_and_merging_is_exact(self):
        torch.manual_seed(0)
        unet = UNet(tiny_config()["unet"]).requires_grad_(False)
        z, context = torch.randn(1, 16, 8, 8), torch.randn(1, 4, 8)
        plain, names = unet(z, 7.0, context), set(unet.state_dict())
        adapt(unet, ("a", "b"), 4, 8)
        torch.testing.assert_close(activate(unet, "a")(z, 7.0, context), plain, atol=1e-5, rtol=1e-5)
        for parameter in adapter_parameters(unet, "a"):
            torch.nn.init.normal_(parameter, std=0.05)
        changed = activate(unet, "a")(z, 7.0, context)
        self.assertGreater((changed - plain).abs().max().item(), 1e-3)
        torch.testing.assert_close(activate(unet, "b")(z, 7.0, context), plain, atol=1e-5, rtol=1e-5)
        merge(unet, "a")
        self.assertEqual(set(unet.state_dict()), names)
        torch.testing.assert_close(unet(z, 7.0, context), changed, atol=1e-4, rtol=1e-4)


class Settings(unittest.TestCase):
    def test_only_the_last_setting_moves_the_latent_of_a_fresh_unet_and_evenly(self):
        torch.manual_seed(0)
        config = tiny_config()
        config["unet"]["norm_num_groups"] = 4
        model = Restoration(config)
        poor = np.random.default_rng(1).integers(0, 255, (2, 64, 64, 3), dtype=np.uint8)
        tell_apart(model, poor)
        with torch.no_grad():
            z = model.vae.encode(2 * loop.to_tensor(poor) - 1) * model.scale
            first, last = (model.unet(z, *model.asked(setting)) for setting in (0, 1))
        distances = (last - first).mean((0, 2, 3)) / z.std((0, 2, 3))
        torch.testing.assert_close(distances.abs(), torch.full((16,), DISTANCE), atol=0.05, rtol=0)
        self.assertLess(first.abs().max().item(), 0.2 * z.std().item())


class Batches(unittest.TestCase):
    def test_crops_of_both_pictures_are_one_window_in_all_eight_attitudes(self):
        places = torch.arange(81, dtype=torch.uint8).reshape(1, 9, 9, 1).expand(1, 9, 9, 3)
        sharp, poor = batch((places, 255 - places), 200, 4, np.random.default_rng(1))
        self.assertEqual(sharp.shape, (200, 3, 4, 4))
        torch.testing.assert_close(poor, 1 - sharp)
        attitudes = set()
        for crop in (sharp[:, 0] * 255).round().int().numpy():
            top, left = divmod(int(crop.min()), 9)
            window = places[0, top : top + 4, left : left + 4, 0].numpy()
            turned = [np.rot90(side, turns) for side in (window, window.T) for turns in range(4)]
            attitudes.add([np.array_equal(crop, one) for one in turned].index(True))
        self.assertEqual(attitudes, set(range(8)))


class Averages(unittest.TestCase):
    def test_follow_early_and_only_every_few_steps(self):
        average, trained = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.ones(1))
        follow([average], [trained], 4, 0.9)
        self.assertEqual(average.item(), 0)
        follow([average], [trained], 5, 0.9)
        self.assertAlmostEqual(average.item(), 1 - 6 / 45, 6)


if __name__ == "__main__":
    unittest.main()
