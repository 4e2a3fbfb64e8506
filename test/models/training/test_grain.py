"""The film grain of a setting."""

import math
import unittest

import torch

from grain import BOUND, MOST, SIGMA, Bound, GrainGate, grain, masked, mixed, noise
from transfer import KINDS, bands, features


LEVELS = 4


class Grain(unittest.TestCase):
    def test_the_hash_is_murmurs(self):
        # In Python's whole numbers, which do not overflow.
        def by_hand(state: int) -> int:
            for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
                state = (state ^ state >> shift) * factor % 2**32
            return state ^ state >> 16

        states = [0, 1, 77, 2**31, 2**32 - 1]
        self.assertEqual(mixed(torch.tensor(states)).tolist(), [by_hand(state) for state in states])

    def test_the_noise_has_unit_deviation_and_is_alike_in_all_directions(self):
        origin = torch.zeros(1, dtype=torch.long)
        field = noise(512, 512, origin, origin)[0, 0]
        self.assertAlmostEqual(field.std().item(), 1, 1)
        self.assertAlmostEqual(field.mean().item(), 0, 1)
        across, down = (field[:, 1:] * field[:, :-1]).mean().item(), (field[1:] * field[:-1]).mean().item()
        side = math.exp(-0.5 / SIGMA**2)  # the window is [side, 1, side]
        self.assertAlmostEqual(across, down, 1)
        self.assertAlmostEqual(across, 2 * side / (1 + 2 * side**2), 1)

    def test_it_is_as_strong_as_asked_in_middle_grey_and_absent_in_black_and_white(self):
        grey, half = torch.full((2, 3, 256, 256), 0.5), torch.full((2, 1, 256, 256), 0.5)
        change = (grain(grey, half, torch.tensor([0.0, 3.0])) - grey) / MOST
        self.assertEqual(change[0].abs().max().item(), 0)
        self.assertAlmostEqual(change[1].std(correction=0).item(), 1.5, 1)
        for level in (0.0, 1.0):
            flat = torch.full((1, 3, 8, 8), level)
            torch.testing.assert_close(grain(flat, torch.ones(1, 1, 8, 8), 3.0), flat)

    def test_it_goes_where_it_is_wanted(self):
        grey, where = torch.full((1, 3, 16, 16), 0.5), torch.zeros(1, 1, 16, 16)
        where[..., 8:] = 0.3
        change = grain(grey, where, 1.0) - grey
        self.assertEqual(change[..., :8].abs().max().item(), 0)
        torch.testing.assert_close(change[..., 8:], (grain(grey, torch.full_like(where, 0.3), 1.0) - grey)[..., 8:])

    def test_each_picture_has_its_place_in_the_noise(self):
        grey, everywhere = torch.full((2, 3, 40, 50), 0.5), torch.ones(2, 1, 40, 50)
        change = grain(grey, everywhere, 0.1, torch.tensor([0, 7]), torch.tensor([0, 11])) - grey
        torch.testing.assert_close(change[0, :, 7:, 11:], change[1, :, :33, :39], rtol=0, atol=1e-6)

    def test_it_is_not_stronger_than_what_detail_hides(self):
        light = torch.full((1, 1, 256, 256), 0.5)
        light[..., 128:] = 0.8  # an edge; lower down there is texture
        light[:, :, 192:] += 0.03 * torch.randn(1, 1, 64, 256, generator=torch.Generator().manual_seed(1))
        details, _ = bands(light, LEVELS)
        seen = features(details, details, torch.zeros(1, LEVELS, 3, 256, 256))
        most = MOST * masked(seen)[0, 0]
        torch.testing.assert_close(most[:20, :10], torch.full((20, 10), BOUND.smooth), rtol=0, atol=0.05 / 255)
        self.assertLess(most[:20, 15:17].max().item(), 1.5 * BOUND.smooth)  # beside the edge too
        strength = details[:, :2].sum(1)[..., 200:, :120].std().item()
        self.assertAlmostEqual(most[26:, :14].mean().item() / math.hypot(BOUND.detail * strength, BOUND.smooth), 1, delta=0.15)
        wild = torch.full((1, KINDS * LEVELS, 4, 4), 1.5)
        self.assertEqual(masked(wild).max().item(), 1)
        self.assertLess(GrainGate(LEVELS)(wild).max().item(), 1)
        self.assertEqual(masked(wild, Bound(1, 0, 2 * MOST)).max().item(), 2)

    def test_its_gradient_is_the_pictures_own(self):
        y = torch.rand(1, 3, 4, 4, requires_grad=True)
        grain(y, torch.ones(1, 1, 4, 4), 2.0).sum().backward()
        torch.testing.assert_close(y.grad, torch.ones_like(y))


if __name__ == "__main__":
    unittest.main()
