"""The film grain of a setting."""

import math
import unittest

import torch

from grain import LEAST, MOST, SHARP, SIGMA, grain, missing, mixed, noise


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
        grey = torch.full((2, 3, 256, 256), 0.5)
        change = (grain(grey, torch.tensor([0.0, 3.0])) - grey) / LEAST
        self.assertEqual(change[0].abs().max().item(), 0)
        self.assertAlmostEqual(change[1].std(correction=0).item(), 3, 1)
        for level in (0.0, 1.0):
            flat = torch.full((1, 3, 8, 8), level)
            torch.testing.assert_close(grain(flat, 3.0), flat)

    def test_a_ramp_lacks_all_detail_and_a_lone_edge_or_noise_none(self):
        across = torch.arange(64.0).expand(1, 1, 64, 64)
        slope = 1 / 255
        self.assertAlmostEqual(missing(0.2 + slope * across)[0, 0, 32, 32].item(), SHARP * slope, 6)
        for full in (((across - 30) / 4).clamp(0.2, 0.8), torch.rand(1, 1, 64, 64)):
            torch.testing.assert_close(missing(full), torch.full((1, 1, 64, 64), LEAST))

    def test_what_is_missing_is_by_hand_what_the_equation_says_also_at_the_border(self):
        x, y = torch.arange(13).view(1, -1), torch.arange(11).view(-1, 1)
        luma = (0.5 + 0.02 * (x / 2).sin() * (y / 3).cos()).tolist()
        at = lambda m, n: luma[min(max(n, 0), 10)][min(max(m, 0), 12)]

        def block(xs: range, ys: range) -> float:
            places = [(m, n) for m in xs for n in ys if n % 2 == 0]
            neighbours = lambda m, n: (((m - 1, n), (m + 1, n)), ((m, n - 1), (m, n + 1)))
            slope = lambda m, n: sum(abs(at(*after) - at(*before)) / 2 for before, after in neighbours(m, n))
            curvature = lambda m, n: sum(abs(at(*before) + at(*after) - 2 * at(m, n)) for before, after in neighbours(m, n))
            s, c = ((sum(math.sqrt(f(m, n)) for m, n in places) / len(places)) ** 2 for f in (slope, curvature))
            return math.sqrt(max(0, (SHARP * s) ** 2 - c**2))

        least = min(block(xs, ys) for xs in (range(8), range(8, 13)) for ys in (range(8), range(8, 11)))
        self.assertTrue(LEAST < least < MOST)
        torch.testing.assert_close(missing(torch.tensor(luma)[None, None]), torch.full((1, 1, 11, 13), least), rtol=1e-4, atol=1e-6)

    def test_each_picture_has_its_place_in_the_noise(self):
        grey = torch.full((2, 3, 40, 50), 0.5)
        change = grain(grey, 1.0, torch.tensor([0, 7]), torch.tensor([0, 11])) - grey
        torch.testing.assert_close(change[0, :, 7:, 11:], change[1, :, :33, :39], rtol=0, atol=1e-6)

    def test_its_gradient_is_the_pictures_own(self):
        y = torch.rand(1, 3, 4, 4, requires_grad=True)
        grain(y, 2.0).sum().backward()
        torch.testing.assert_close(y.grad, torch.ones_like(y))


if __name__ == "__main__":
    unittest.main()
