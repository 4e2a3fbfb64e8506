"""Each loss against a value by hand, on tensors small enough to reckon with."""

import math
import unittest

import torch

from alignment import Projection, alignment
from diffusion import Schedule, denoising
from distillation import balance, cid, cida, consistent_identity, deceive, discriminate, score_gap, score_identity, sid, vsd
from losses import charbonnier, chroma, coarse, critic_loss, deception_loss, energy, grid, log_error, structure
from stages.autoencoder import prior
from transfer import FLOOR, MIDDLE, SPREAD, Gates, bands, cells, features, from_opponent, opponent, transfer


def latent(*values: float) -> torch.Tensor:
    """[1, count, 1, 1]."""
    return torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1)


def grey(value: float, side: int = 16) -> torch.Tensor:
    """A flat picture [1, 3, side, side]."""
    return torch.full((1, 3, side, side), value)


class Grid(unittest.TestCase):
    def test_a_step_that_is_twice_as_large_at_each_cell(self):
        even = torch.arange(32.0).expand(1, 3, 32, 32) / 64
        steps = torch.ones(32)
        steps[::8] = 2
        uneven = steps.cumsum(0).expand(1, 3, 32, 32) / 64
        # The profile (2, 1, 1, 1, 1, 1, 1, 1) over its mean 9 / 8, against ones, along the width; along the height there are no steps.
        x, y = even + even.transpose(2, 3), uneven + even.transpose(2, 3)
        self.assertAlmostEqual(grid(y, x).item(), (7 / 9 + 7 * 1 / 9) / 8 / 2, 4)
        self.assertAlmostEqual(grid(x, x).item(), 0, 6)


class Fixed(torch.nn.Module):
    """Gates that are all alike."""

    def __init__(self, value: float):
        super().__init__()
        self.value = value

    def forward(self, f: torch.Tensor) -> torch.Tensor:
        return torch.full((len(f), 4, *f.shape[2:]), self.value)


class Transfer(unittest.TestCase):
    """Two levels, on pictures whose sides are no multiples of a cell."""

    def setUp(self):
        torch.manual_seed(2)
        self.x, self.y = torch.rand(2, 1, 3, 19, 21)

    def test_bands_add_up_and_opponents_turn_back(self):
        details, wide = bands(self.x, 2)
        torch.testing.assert_close(details.sum(1) + wide, self.x)
        torch.testing.assert_close(from_opponent(opponent(self.x)), self.x)

    def test_a_single_point_is_spread_by_the_binomial_filter(self):
        point = torch.zeros(1, 1, 9, 9)
        point[..., 4, 4] = 16
        details, _ = bands(point, 1)
        self.assertEqual(details[0, 0, 0, 4, 3:6].tolist(), [-2, 12, -2])
        self.assertEqual(details[0, 0, 0, 3, 3:6].tolist(), [-1, -2, -1])

    def test_open_gates_give_the_input_and_shut_ones_its_wide_part(self):
        torch.testing.assert_close(transfer(self.y, self.x, Fixed(1.0), 2)[0], self.x)
        torch.testing.assert_close(transfer(self.y, self.x, Fixed(0.0), 2)[0], self.y + bands(self.x - self.y, 2)[1])

    def test_cells_at_the_border_are_means_of_what_is_there(self):
        torch.testing.assert_close(cells(self.x)[..., 2, 2], self.x[..., 16:, 16:].mean((2, 3)))

    def test_features_of_bands_of_constant_energy(self):
        given, restored = torch.full((1, 1, 1, 8, 8), 0.2), torch.full((1, 1, 1, 8, 8), -0.1)
        change = torch.tensor([0.3, 0.1, 0.3]).reshape(1, 1, 3, 1, 1).expand(1, 1, 3, 8, 8)
        logarithms = [math.log(e + FLOOR) / SPREAD + MIDDLE for e in (0.04, 0.01, 0.09, 0.05)]
        for found, wanted in zip(features(given, restored, change).flatten().tolist(), (*logarithms, -1), strict=True):
            self.assertAlmostEqual(found, wanted, 4)

    def test_fresh_gates_let_through_little_that_is_fine(self):
        gates = Gates(4)(torch.randn(1, 20, 3, 3))[0, :, 0, 0]
        torch.testing.assert_close(gates, torch.linspace(-3, 0, 4).sigmoid().repeat(2))

    def test_equal_pictures_have_finite_gradients(self):
        y = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
        transfer(y, y.detach(), Gates(2), 2)[0].square().mean().backward()
        self.assertTrue(y.grad.isfinite().all())


class Distillation(unittest.TestCase):
    """z_g = (0, 0), real = (2, 4), fake = (1, 1), z_h = (3, 1): differences (1, 3), balance 1 / 3."""

    z_g, real, fake, z_h = latent(0, 0), latent(2, 4), latent(1, 1), latent(3, 1)

    def test_balance(self):
        self.assertAlmostEqual(balance(self.z_g, self.real).item(), 1 / 3, 6)

    def test_vsd_pulls_from_the_fake_score_to_the_real_one(self):
        z_g = self.z_g.clone().requires_grad_()
        vsd(z_g, self.real, self.fake).backward()
        for found, wanted in zip(z_g.grad.flatten().tolist(), (-1 / 6, -3 / 6), strict=True):
            self.assertAlmostEqual(found, wanted, 6)

    def test_score_gap(self):
        self.assertAlmostEqual(score_gap(self.real, self.fake).item(), (1 + 9) / 2, 6)

    def test_score_identity_with_the_restored_and_with_the_true_latent(self):
        self.assertAlmostEqual(score_identity(self.real, self.fake, self.z_g).item(), (1 * 2 + 3 * 4) / 2, 6)
        self.assertAlmostEqual(consistent_identity(self.real, self.fake, self.z_h).item(), (1 * 2 + 3 * 0) / 2, 6)

    def test_sid_and_cid(self):
        self.assertAlmostEqual(sid(self.z_g, self.real, self.fake, 1.0).item(), (7 - 5) / 3, 5)
        self.assertAlmostEqual(cid(self.z_h, self.z_g, self.real, self.fake, 0.5).item(), (1 - 2.5) / 3, 5)

    def test_sid_is_nothing_where_the_scores_agree(self):
        self.assertEqual(sid(self.z_g, self.real, self.real).item(), 0)

    def test_adversarial_terms(self):
        self.assertAlmostEqual(discriminate(latent(0), latent(0)).item(), 2 * math.log(2), 6)
        self.assertAlmostEqual(discriminate(latent(2), latent(-1)).item(), math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1)), 6)
        self.assertAlmostEqual(deceive(latent(1)).item(), math.log(1 + math.exp(-1)), 6)

    def test_cida_weighs_three_terms(self):
        terms = [torch.tensor(value) for value in (1.0, 2.0, 3.0)]
        self.assertAlmostEqual(cida(*terms, (1.0, 0.5, 0.1)).item(), 2.3, 6)


class Diffusion(unittest.TestCase):
    def test_the_schedule_keeps_the_variance_and_is_undone_by_the_true_noise(self):
        schedule, t = Schedule(), torch.tensor([0, 499, 999])
        signal, noise = schedule.at(t)
        torch.testing.assert_close(signal**2 + noise**2, torch.ones(3, 1, 1, 1))
        z, e = torch.randn(3, 2, 4, 4), torch.randn(3, 2, 4, 4)
        torch.testing.assert_close(schedule.clean(schedule.diffuse(z, e, t), e, t), z, atol=1e-4, rtol=1e-4)

    def test_the_first_step_is_the_first_beta(self):
        self.assertAlmostEqual(Schedule().noise[0].item(), math.sqrt(0.00085), 6)

    def test_denoising(self):
        self.assertAlmostEqual(denoising(latent(1, 2), latent(0, 4)).item(), (1 + 4) / 2, 6)


class Alignment(unittest.TestCase):
    def test_is_minus_the_cosine(self):
        self.assertAlmostEqual(alignment(latent(1, 0), latent(3, 4)).item(), -0.6, 6)

    def test_brings_features_to_the_grid_of_the_encoder(self):
        projected = Projection(4, 6)(torch.randn(2, 4, 8, 8))
        self.assertEqual(projected.shape, (2, 6, 8, 8))
        self.assertLess(abs(alignment(projected, torch.randn(2, 6, 3, 5)).item()), 1)


class Pixels(unittest.TestCase):
    def test_charbonnier(self):
        self.assertAlmostEqual(charbonnier(grey(0.5), grey(0.2)).item(), math.hypot(0.3, 1e-3), 6)

    def test_structure_of_flat_pictures_is_the_luminance_term(self):
        a, b, c = (16 + 219 * 0.2) / 255, (16 + 219 * 0.6) / 255, 1e-4
        self.assertAlmostEqual(structure(grey(0.2), grey(0.6)).item(), 1 - (2 * a * b + c) / (a * a + b * b + c), 3)

    def test_coarse_does_not_see_a_checkerboard(self):
        board = (torch.arange(16)[:, None] + torch.arange(16)[None]) % 2
        self.assertAlmostEqual(coarse(board.expand(1, 3, 16, 16).float(), grey(0.5)).item(), 1e-3, 6)

    def test_chroma_sees_colour_and_not_brightness(self):
        red = grey(0.5)
        red[:, 0] = 0.7
        self.assertAlmostEqual(chroma(grey(0.9), grey(0.1)).item(), 1e-3, 6)
        self.assertAlmostEqual(chroma(red, grey(0.5)).item(), (math.hypot(0.2, 1e-3) + 1e-3) / 2, 6)

    def test_log_error_is_the_mean_logarithm_of_each_picture(self):
        y, target = torch.cat([grey(0.5), grey(0.3)]), torch.cat([grey(0.4), grey(0.3)])
        wanted = (math.log((0.1 * 219 / 255) ** 2 + 1e-5) + math.log(1e-5)) / 2
        self.assertAlmostEqual(log_error(y, target).item(), wanted, 3)

    def test_energy_of_detail_twice_as_strong_is_near_the_logarithm_of_two(self):
        torch.manual_seed(0)
        noise = torch.randn(1, 1, 64, 64).expand(1, 3, 64, 64) * 0.1
        self.assertAlmostEqual(energy(0.5 + 2 * noise, 0.5 + noise).item(), math.log(2), delta=0.15)

    def test_critic_losses_of_equal_scores_are_one(self):
        self.assertAlmostEqual(critic_loss(latent(0.3, 0.3), latent(0.3, 0.3)).item(), 1, 6)
        self.assertAlmostEqual(deception_loss(latent(0.3, 0.3), latent(0.3, 0.3)).item(), 1, 6)

    def test_the_critic_wants_the_real_above_the_restored_and_the_network_the_contrary(self):
        real, restored = latent(0.4, 0.4), latent(-0.2, -0.2)
        self.assertAlmostEqual(critic_loss(real, restored).item(), 1 - 0.6, 6)
        self.assertAlmostEqual(deception_loss(real, restored).item(), 1 + 0.6, 6)

    def test_prior_of_a_standard_normal_is_nothing(self):
        self.assertEqual(prior(latent(0, 0), latent(0, 0)).item(), 0)
        self.assertAlmostEqual(prior(latent(1), latent(0)).item(), 0.5, 6)


if __name__ == "__main__":
    unittest.main()
