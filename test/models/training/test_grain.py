"""The film grain of a setting."""

import unittest

import torch

from grain import SIDE, field, grain


class Grain(unittest.TestCase):
    def test_the_field_has_unit_deviation_and_no_edge(self):
        noise = field()
        self.assertAlmostEqual(noise.std(correction=0).item(), 1, 4)
        jump = lambda t: t.square().mean().item()
        self.assertLess(jump(noise[0] - noise[-1]), 2 * jump(noise.diff(dim=0)))
        self.assertLess(jump(noise[:, 0] - noise[:, -1]), 2 * jump(noise.diff(dim=1)))

    def test_it_is_as_strong_as_asked_in_middle_grey_and_absent_in_black_and_white(self):
        grey = torch.full((2, 3, SIDE, SIDE), 0.5)
        change = (grain(grey, torch.tensor([0.0, 2.0])) - grey) * 255
        self.assertEqual(change[0].abs().max().item(), 0)
        self.assertAlmostEqual(change[1].std(correction=0).item(), 2, 3)
        for level in (0.0, 1.0):
            flat = torch.full((1, 3, 8, 8), level)
            torch.testing.assert_close(grain(flat, 3.0), flat)

    def test_each_picture_has_its_place_in_the_field(self):
        grey = torch.full((2, 3, 4, 5), 0.5)
        change = (grain(grey, 1.0, torch.tensor([0, SIDE - 1]), torch.tensor([3, SIDE - 2])) - grey)[:, 0] * 255
        around = field().roll((1, 2), (0, 1))
        torch.testing.assert_close(change[0], field()[:4, 3:8], rtol=0, atol=1e-4)
        torch.testing.assert_close(change[1], around[:4, :5], rtol=0, atol=1e-4)

    def test_its_gradient_is_the_pictures_own(self):
        y = torch.rand(1, 3, 4, 4, requires_grad=True)
        grain(y, 2.0).sum().backward()
        torch.testing.assert_close(y.grad, torch.ones_like(y))


if __name__ == "__main__":
    unittest.main()
