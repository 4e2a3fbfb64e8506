"""Where grain goes, and NIQE as a loss."""

import json
import unittest
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from grain import MOST, GrainGate
from metrics import ssim_y
from naturalness import Naturalness
from niqe import PRISTINE, niqe
from place_grain import EXCHANGE, LOOSE, Example, examples, losses, place, with_gate
from restoration import Restoration
from test_stages import tiny_config
from transfer import KINDS, opponent

HEIGHT, WIDTH, LEVELS, STEPS = 200, 304, 4, 120


def smooth_noise(seed: int) -> torch.Tensor:
    """[1, 1, HEIGHT, WIDTH] in 0..1, the same at each seed."""
    coarse = torch.rand(1, 1, HEIGHT // 10, WIDTH // 10, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (HEIGHT, WIDTH), mode="bicubic").clamp(0, 1)


def noisy() -> torch.Tensor:
    """Likewise in 0..255, with texture."""
    return 255 * smooth_noise(1) + 12 * torch.randn(1, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(4))


def model() -> Restoration:
    torch.manual_seed(1)
    return Restoration(tiny_config()).eval().requires_grad_(False)


def example(border: int = 0) -> Example:
    """One whose detail hides all grain, and whose restoration is black so far in from the border."""
    restored = F.pad(smooth_noise(2)[..., border : HEIGHT - border, border : WIDTH - border], (border,) * 4)
    return Example(torch.ones(1, KINDS * LEVELS, HEIGHT // 8, WIDTH // 8).half(), restored.half(), smooth_noise(3).half())


class AsALoss(unittest.TestCase):
    def test_it_is_niqe(self):
        picture = noisy().clamp(0, 255).round()
        picture[..., :96, :96] = 255  # a block without features is left out
        found = Naturalness()(picture).item()
        expected = niqe(picture[0, 0, :, :, None].expand(-1, -1, 3).byte().numpy(), json.loads(PRISTINE.read_text()))
        self.assertAlmostEqual(found / expected, 1, 2)

    def test_its_gradient_says_how_it_changes(self):
        picture = noisy().requires_grad_()
        naturalness, step = Naturalness(), 0.01
        (gradient,) = torch.autograd.grad(naturalness(picture), picture)
        towards = gradient / gradient.std()
        with torch.no_grad():
            change = naturalness(picture + step * towards) - naturalness(picture - step * towards)
        self.assertAlmostEqual(((gradient * towards).sum() * 2 * step / change).item(), 1, delta=0.2)


class Placement(unittest.TestCase):
    def test_the_gate_learns_and_the_loss_falls(self):
        gate = GrainGate(LEVELS, LOOSE)
        at_first = self.loss(gate)
        list(place(gate, [example()], STEPS, seed=1))
        self.assertLess(self.loss(gate), at_first - 1)
        seen = torch.rand(1, KINDS * LEVELS, 9, 9)
        for turned in (lambda x: x.flip(2), lambda x: x.flip(3), lambda x: x.transpose(2, 3)):
            torch.testing.assert_close(gate(turned(seen)), turned(gate(seen)))

    def loss(self, gate: GrainGate) -> float:
        with torch.no_grad():
            niqe, similarity = losses(gate, example(), Naturalness(), np.random.default_rng(1))
        return (niqe + EXCHANGE * (1 - similarity)).item()

    def test_the_border_counts_like_all_else(self):
        similar = [self.measures(example(border), 1)[1] for border in (0, 4)]
        self.assertGreater(similar[0] - similar[1], 0.001)
        distances = [self.measures(example(), seed)[0] for seed in range(8)]
        self.assertGreater(max(distances) - min(distances), 0.01)

    def test_the_likeness_is_that_of_the_measure_but_for_the_border(self):
        as_rgb = lambda light: (255 * light.float()).round().div(255).expand(-1, 3, -1, -1)
        measured = ssim_y(as_rgb(example().restored), as_rgb(example().sharp))
        self.assertAlmostEqual(self.measures(example(), 1)[1], measured, 2)

    def measures(self, of: Example, seed: int) -> tuple[float, float]:
        gate = GrainGate(LEVELS)
        with torch.no_grad():
            gate.conv_out.bias.fill_(-99)
            return tuple(loss.item() for loss in losses(gate, of, Naturalness(), np.random.default_rng(seed)))

    def test_flat_pictures_teach_nothing_and_others_what_the_transfer_saw(self):
        features = torch.rand(1, KINDS * LEVELS, 24, 36)
        network = SimpleNamespace(observed=lambda x: (0.9 * x, features))
        poor = np.random.default_rng(1).integers(256, size=(192, 288, 3), dtype=np.uint8)
        white = np.full_like(poor, 255)
        (found,) = examples(network, iter([(white, white), (white, poor)]))
        light = opponent(torch.from_numpy(poor).permute(2, 0, 1)[None] / 255)[:, :1]
        torch.testing.assert_close(found.features, features.half())
        torch.testing.assert_close(found.restored, (0.9 * light).half())
        self.assertEqual(found.sharp.min().item(), 1)

    def test_a_checkpoint_gets_the_gate_and_the_default_setting_its_grain(self):
        network = model()
        state = {"config": network.config, "average": network.state_dict(), "step": 1, "seconds": 2.0, "model": {}}
        gate = GrainGate(LEVELS)
        with torch.no_grad():
            gate.conv_out.bias.fill_(99)
        for placed in (with_gate(state, gate, 0.5), with_gate(with_gate(state, gate, 2.0), gate, 0.5)):
            again = Restoration(placed["config"]).eval().requires_grad_(False)
            again.load_state_dict(placed["average"])
            self.assertEqual(again.grains.tolist(), [0, 0.5])
            grey = torch.full((1, 3, 128, 128), 0.5)
            torch.testing.assert_close(again.restore(grey, 0), network.restore(grey, 0))
            self.assertAlmostEqual((again.restore(grey) - network.restore(grey)).std().item() / MOST, 0.5, 1)


if __name__ == "__main__":
    unittest.main()
