"""Poor pictures: functions of their seed, of the wanted size, and the published chain harsher than ours."""

import unittest
import unittest.mock

import numpy as np
import torch

import real_esrgan
from degradation import degrade, degrade_once, filtered, sinc_kernel
from pool import upscale


def photograph() -> np.ndarray:
    """Something with edges and shades, uint8 [96, 128, 3]."""
    y, x = np.mgrid[:96, :128]
    planes = [128 + 100 * np.sin(x / 9 + k) * np.cos(y / 7) + 25 * ((x // 16 + y // 16) % 2) for k in range(3)]
    return np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8)


class Chains(unittest.TestCase):
    def test_size_and_dependence_on_the_seed_alone(self):
        sharp = photograph()
        for chain in (degrade, degrade_once, real_esrgan.degrade):
            for scale in (2, 4):
                poor = chain(sharp, scale, np.random.default_rng(5))
                self.assertEqual((poor.shape, poor.dtype), ((96 // scale, 128 // scale, 3), np.uint8))
                np.testing.assert_array_equal(chain(sharp, scale, np.random.default_rng(5)), poor)
            made = {chain(sharp, 4, np.random.default_rng(seed)).tobytes() for seed in range(20)}
            self.assertEqual(len(made), 20)

    def test_the_published_chain_is_harsher(self):
        sharp = photograph()
        error = lambda chain, seed: np.abs(upscale(chain(sharp, 4, np.random.default_rng(seed)), 128, 96).astype(int) - sharp).mean()
        ours, published = (np.mean([error(chain, seed) for seed in range(40)]) for chain in (degrade, real_esrgan.degrade))
        self.assertGreater(published, 1.1 * ours)

    def test_the_classical_chain_ends_with_one_noise_that_nothing_smooths(self):
        flat = np.full((256, 256, 3), 120, np.uint8)
        made = [degrade_once(flat, 4, np.random.default_rng(seed)).std(axis=(0, 1)).max() for seed in range(60)]
        self.assertLess(max(made), 1.4 * 15 + 1)
        self.assertTrue(6 < sum(deviation < 0.5 for deviation in made) < 30, made)

    def test_every_kind_of_kernel_keeps_a_flat_picture(self):
        flat = torch.full((1, 3, 40, 40), 0.4)
        for seed in range(60):
            rng = np.random.default_rng(seed)
            torch.testing.assert_close(real_esrgan.blur(flat, real_esrgan.FIRST, rng), flat, atol=1e-5, rtol=0)

    def test_a_sinc_kernel_lets_through_what_is_below_its_cutoff(self):
        x = torch.arange(64, dtype=torch.float32)
        wave = lambda frequency: (0.5 + 0.3 * torch.cos(frequency * x)).expand(1, 3, 64, 64)
        strength = lambda frequency: filtered(wave(frequency), sinc_kernel(1.5, 10))[..., 16:48].std().item() / wave(frequency)[..., 16:48].std().item()
        self.assertGreater(strength(0.5), 0.9)
        self.assertLess(strength(2.5), 0.1)


class Noise(unittest.TestCase):
    ramp = torch.linspace(0.1, 0.7, 256).expand(1, 3, 64, 256)

    def made(self, seed: int, light: torch.Tensor, gaussian: float) -> tuple[torch.Tensor, float]:
        """What the noise changes, all of it of one kind, and what is drawn after it."""
        rng = np.random.default_rng(seed)
        with unittest.mock.patch("real_esrgan.GAUSSIAN_SHARE", gaussian):
            return real_esrgan.noise(light, real_esrgan.FIRST, rng) - light, rng.random()

    def test_poisson_noise_grows_with_the_light_gaussian_noise_does_not_and_neither_moves_the_mean(self):
        dark, bright = slice(0, 64), slice(192, 256)
        for gaussian, least, most in ((0.0, 1.5, 2.5), (1.0, 0.9, 1.1)):
            changes = [self.made(seed, self.ramp, gaussian)[0] for seed in range(20)]
            ratio = np.median([(change[..., bright].std() / change[..., dark].std()).item() for change in changes])
            self.assertTrue(least < ratio < most, ratio)
            self.assertLess(abs(np.mean([change.mean().item() for change in changes])), 0.005)

    def test_what_is_drawn_later_does_not_hang_on_the_last_bit_of_the_light(self):
        for gaussian in (0.0, 1.0):
            self.assertEqual(self.made(4, self.ramp, gaussian)[1], self.made(4, self.ramp + 0.004, gaussian)[1])
