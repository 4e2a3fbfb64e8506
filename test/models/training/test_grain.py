"""The film grain of a setting."""

import math
import unittest

import torch

from grain import AROUND, BLOCK, FAINT, FLAT, FOCUS, LEAST, SHARP, SIGMA, STRENGTH, UNEVEN, focus, grain, mixed, noise, strength


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

    def test_a_ramp_a_lone_edge_and_noise_get_the_least(self):
        across = torch.arange(64.0).expand(1, 1, 64, 64)
        for full in (0.2 + 3 / 255 * across, ((across - 30) / 4).clamp(0.2, 0.8), torch.rand(1, 1, 64, 64)):
            torch.testing.assert_close(strength(full), torch.full((1, 1, 64, 64), LEAST))

    def test_a_texture_gets_as_much_whatever_its_contrast(self):
        x, y = torch.arange(128.0).view(1, -1), torch.arange(128.0).view(-1, 1)
        texture = ((x / 3).sin() * (y / 3).cos())[None, None]
        strong, weak = (strength(0.5 + contrast * texture)[0, 0, 64, 64].item() for contrast in (0.4, 0.2))
        self.assertAlmostEqual(strong / STRENGTH, 1, 1)
        self.assertAlmostEqual(weak / strong, 1, 1)
        self.assertLess(strength(0.5 + 0.002 * texture)[0, 0, 64, 64].item(), strong / 2)

    def test_where_more_is_missing_than_around_it_is_stronger_up_to_a_limit(self):
        side = AROUND * BLOCK
        x, y = torch.arange(float(side)).view(1, -1), torch.arange(float(side)).view(-1, 1)
        island = 0.5 + 0.3 * (x / 3).sin() * (y / 3).cos() * ((x - side / 2).abs() < 24) * ((y - side / 2).abs() < 24)
        self.assertAlmostEqual(strength(island[None, None]).max().item(), UNEVEN * STRENGTH, 6)

    def test_of_the_same_picture_twice_as_large_less_is_missing_for_its_slope(self):
        coarse = 0.5 + 0.2 * torch.randn(1, 1, 24, 24, generator=torch.Generator().manual_seed(1))
        enlarged = [torch.nn.functional.interpolate(coarse, scale_factor=n, mode="bicubic") for n in (4, 12)]
        sharp, blurred = (focus(luma).mean().item() for luma in enlarged)
        self.assertEqual(sharp, 1)
        self.assertLess(blurred, 0.5)

    def test_how_strong_it_is_is_by_hand_what_the_equation_says_also_at_the_border(self):
        x, y = torch.arange(13).view(1, -1), torch.arange(11).view(-1, 1)
        luma = (0.5 + 0.02 * (x / 2).sin() * (y / 3).cos()).tolist()
        parts = lambda count, side: [range(start, min(start + side, count)) for start in range(0, count, side)]
        mean = lambda values: sum(values) / len(values)
        coarse = [[mean([luma[n][m] for m in xs for n in ys]) for xs in parts(13, 4)] for ys in parts(11, 4)]

        def roots(plane: list, xs: range, ys: range, step: int) -> tuple[float, float]:
            at = lambda m, n: plane[min(max(n, 0), len(plane) - 1)][min(max(m, 0), len(plane[0]) - 1)]
            places = [(m, n) for m in xs for n in ys if n % step == 0]
            neighbours = lambda m, n: (((m - 1, n), (m + 1, n)), ((m, n - 1), (m, n + 1)))
            slope = lambda m, n: sum(abs(at(*after) - at(*before)) / 2 for before, after in neighbours(m, n))
            curvature = lambda m, n: sum(abs(at(*before) + at(*after) - 2 * at(m, n)) for before, after in neighbours(m, n))
            return tuple(mean([math.sqrt(f(m, n)) for m, n in places]) for f in (slope, curvature))

        fine = [roots(luma, xs, ys, 2) for xs in parts(13, 8) for ys in parts(11, 8)]
        least = min(math.sqrt(max(0, (SHARP * s**2) ** 2 - c**4)) for s, c in fine)
        blocks = [roots(coarse, xs, ys, 1) for xs in parts(4, 2) for ys in parts(3, 2)]
        s, c = (mean(values) ** 2 for values in zip(*blocks, strict=True))
        low, high = FOCUS
        expected = STRENGTH * least / (least + FAINT) * min(1, max(0, (c / (s + FLAT) - low) / (high - low)))
        self.assertLess(LEAST, expected)
        torch.testing.assert_close(strength(torch.tensor(luma)[None, None]), torch.full((1, 1, 11, 13), expected), rtol=1e-4, atol=1e-6)

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
