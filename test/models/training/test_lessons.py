"""What a trained network teaches another."""

import unittest

import torch

from lessons import FLOOR, LIMITS, STRENGTH, founded, lesson, low_pass, strength


def checkers(size: int) -> torch.Tensor:
    """[1, 3, size, size] of -1 and 1."""
    steps = torch.arange(size)
    return (((steps[:, None] + steps) % 2) * 2.0 - 1).expand(1, 3, size, size)


class Lessons(unittest.TestCase):
    def test_what_changes_in_the_mirror_is_not_sure(self):
        def teacher(x, setting):  # brightens whatever is on the right
            return x + (0.0 if setting else 0.1) * torch.linspace(-1, 1, 32)

        poor = torch.rand(2, 3, 32, 32)
        torch.testing.assert_close(lesson(teacher, poor), founded(poor, poor))

    def test_nothing_added_stays_nothing(self):
        sure = torch.rand(1, 3, 24, 24)
        torch.testing.assert_close(founded(sure, sure), sure)

    def test_a_low_pass_keeps_the_mean_and_takes_checkers_away(self):
        self.assertLess(low_pass(checkers(32), 1.5)[..., 8:-8, 8:-8].abs().max().item(), 0.01)
        torch.testing.assert_close(low_pass(torch.full((2, 3, 9, 7), 0.3), 3.0), torch.full((2, 3, 9, 7), 0.3))

    def test_strength_is_the_root_mean_square_of_the_luma(self):
        torch.testing.assert_close(strength(0.2 * checkers(40)), torch.full((1, 1, 40, 40), 0.2), atol=2e-3, rtol=0)

    def test_fine_detail_on_a_surface_that_is_sure_to_be_smooth_goes_down_to_the_floor(self):
        sure = torch.full((1, 3, 48, 48), 0.5)
        lesson = founded(sure, sure + 0.1 * checkers(48)) - sure
        left = STRENGTH * (FLOOR + 0.1 * 0.03)  # what both low-pass filters let through stays
        self.assertLess(lesson[..., 8:-8, 8:-8].abs().max().item(), left + FLOOR)

    def test_fine_detail_that_is_borne_out_is_drawn_stronger(self):
        sure = 0.5 + 0.1 * checkers(48)
        added = 0.1 * checkers(48)
        lesson = founded(sure, sure + added) - sure
        torch.testing.assert_close(lesson[..., 8:-8, 8:-8], STRENGTH * added[..., 8:-8, 8:-8], atol=2e-3, rtol=0)

    def test_it_is_limited_to_so_many_times_what_is_sure(self):
        sure = 0.5 + 0.02 * checkers(48)
        lesson = founded(sure, sure + 0.2 * checkers(48)) - sure
        expected = STRENGTH * (LIMITS[0] * 0.02 + FLOOR)
        self.assertAlmostEqual(lesson[..., 8:-8, 8:-8].abs().mean().item(), expected, delta=0.01)

    def test_what_is_wide_is_not_limited(self):
        sure = torch.full((1, 3, 96, 96), 0.5)
        wide = 0.3 * torch.cos(torch.arange(96) * torch.pi / 48).expand(1, 3, 96, 96)
        torch.testing.assert_close(founded(sure, sure + wide) - sure, STRENGTH * wide, atol=5e-3, rtol=0)


if __name__ == "__main__":
    unittest.main()
