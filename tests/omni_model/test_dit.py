"""The transformer: exact caching, exact padding, one-way attention, rotary positions, learning."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor

from omni_model.mini.dit import DiTBlock, DiTConfig, OmniDiT, attend, rotate, rotation
from omni_model.mini.layout import LAYERS
from omni_model.mini.rows import ANCHOR, Role, Rows, context_rows, reference_rows, target_rows
from omni_model.mini.tokenizer import PromptTokens

CONFIG = DiTConfig(vocabulary=40, channels=4, width=64, depth=2, heads=2, text_length=12, aux_classes=5)
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture(scope="module")
def model() -> OmniDiT:
    torch.manual_seed(0)
    model = OmniDiT(CONFIG).eval().requires_grad_(False)
    for weight in model.parameters():
        if not weight.any():
            weight.normal_(std=0.3)  # what starts at zero would hide mistakes
    return model


def _text(*lengths: int) -> PromptTokens:
    ids = torch.arange(3, 3 + max(lengths)).repeat(len(lengths), 1)
    for row, length in zip(ids, lengths, strict=True):
        row[length:] = 0
    return PromptTokens(ids, ids % 3 * (ids > 0))


def _noise(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _condition(batch: int, seed: int = 1, second: Tensor | None = None) -> Rows:
    plate = reference_rows(_noise(batch, 4, 2, 3, seed=seed), 0, 3)
    sheet = reference_rows(_noise(batch, 4, 2, 2, seed=seed + 1), 1, 3, second)
    before = context_rows(_noise(batch, 1, 4, 2, 3, seed=seed + 2), torch.tensor([-1.0]), 3)
    return Rows.cat(plate, sheet, before)


def _target(batch: int, seed: int = 9) -> Rows:
    anchors = _noise(batch, 2, 2, 3, 4, ANCHOR, seed=seed).sigmoid()
    return target_rows(_noise(batch, 2, 4, 2, 3, seed=seed), torch.linspace(0.9, 0.3, batch), anchors)


def _pick(rows: Rows, sample: int, keep: Tensor | slice = slice(None)) -> Rows:
    parts = (rows.latent, rows.sigma, rows.position, rows.role, rows.anchors, rows.valid)
    return Rows(*(part[sample : sample + 1][:, keep] for part in parts))


def test_about_eight_million_parameters() -> None:
    model = OmniDiT(DiTConfig(vocabulary=400))
    assert 7.5e6 < sum(p.numel() for p in model.parameters()) < 9e6


def test_cached_equals_one_pass_with_a_block_mask(model: OmniDiT) -> None:
    text, condition, target = _text(7, 7), _condition(2), _target(2)
    x = torch.cat([model._read(text), model._embed(condition), model._embed(target)], 1)
    position = torch.cat([torch.zeros(2, 7, 3), condition.position, target.position], 1)
    sigma = torch.cat([torch.zeros(2, 7), condition.sigma, target.sigma], 1)
    known = 7 + condition.latent.shape[1]
    mask = torch.zeros(x.shape[1], x.shape[1])
    mask[:known, known:] = -torch.inf
    shared, by = model._modulation(sigma), model._rotation(position, x)
    for block in model.blocks:
        x, _ = cast(DiTBlock, block)(x, shared, by, mask[None, None])
    shift, scale = (shared[..., :2, :] + model.table).unbind(-2)
    normal = torch.nn.functional.layer_norm(x, x.shape[-1:])
    expected = model.head(normal * (1 + scale) + shift)[:, known:]
    torch.testing.assert_close(model(target, model.condition(text, condition)).clean, expected, **CLOSE)


def test_a_padded_batch_equals_one_by_one(model: OmniDiT) -> None:
    text, condition, target = _text(9, 4), _condition(2, second=torch.tensor([True, False])), _target(2)
    together = model(target, model.condition(text, condition))
    for sample in range(2):
        alone = PromptTokens(*(part[sample : sample + 1][:, text.ids[sample] > 0] for part in text))
        rows = _pick(condition, sample, condition.valid[sample])
        one = model(_pick(target, sample), model.condition(alone, rows))
        torch.testing.assert_close(together.clean[sample : sample + 1], one.clean, **CLOSE)
        torch.testing.assert_close(together.entity[sample : sample + 1], one.entity, **CLOSE)


def test_a_reference_of_weight_two_counts_twice(model: OmniDiT) -> None:
    sheet = _noise(1, 4, 2, 2, seed=2)
    once, heavy = (reference_rows(sheet, 1, 3, torch.tensor([weight])) for weight in (1.0, 2.0))
    twice = model(_target(1), model.condition(_text(7), Rows.cat(once, once))).clean
    torch.testing.assert_close(model(_target(1), model.condition(_text(7), heavy)).clean, twice, **CLOSE)


def test_every_condition_matters(model: OmniDiT) -> None:
    text, condition, target = _text(7), _condition(1), _target(1)
    base = model(target, model.condition(text, condition)).clean
    no_slots = PromptTokens(text.ids, torch.zeros_like(text.slots))
    others = [
        model.condition(_text(6), condition),
        model.condition(no_slots, condition),
        model.condition(text),
        model.condition(text, _condition(1, seed=5)),
        model.condition(text, Rows(**{**vars(condition), "role": condition.role * 0 + int(Role.STILL)})),
    ]
    assert all((model(target, cache).clean - base).abs().max() > 1e-3 for cache in others)
    changes = {"sigma": target.sigma / 2, "position": target.position + 1, "anchors": target.anchors * 0}
    for name, value in changes.items():
        changed = Rows(**{**vars(target), name: value})
        assert (model(changed, model.condition(text, condition)).clean - base).abs().max() > 1e-3, name


def test_noise_levels_may_differ_by_row(model: OmniDiT) -> None:
    cache, target = model.condition(_text(7, 7), _condition(2)), _target(2)
    sigma = target.sigma.clone()
    sigma[1, :6] = 0.0
    even, mixed = model(target, cache).clean, model(Rows(**{**vars(target), "sigma": sigma}), cache).clean
    torch.testing.assert_close(mixed[0], even[0], **CLOSE)
    assert (mixed[1] - even[1]).abs().max() > 1e-3


def test_one_condition_serves_several_draws(model: OmniDiT) -> None:
    cache, target = model.condition(_text(7, 5), _condition(2)), _target(4)
    draws = model(target, cache.repeat(2)).clean
    text = PromptTokens(*(part[1:, :5] for part in _text(7, 5)))
    second = model(_pick(target, 3), model.condition(text, _pick(_condition(2), 1)))
    torch.testing.assert_close(draws[3:], second.clean, **CLOSE)


def test_slots_are_told_apart(model: OmniDiT) -> None:
    anchors = torch.zeros(1, 1, 4, ANCHOR)
    first, second = anchors.clone(), anchors.clone()
    first[..., 1, :], second[..., 2, :] = (torch.tensor([0.3, 0.4, 0, 0, 0, 1]),) * 2
    assert (model.anchoring(first) - model.anchoring(second)).abs().max() > 0.1
    assert (model.anchoring(anchors) == 0).all()


def test_rotation_is_relative() -> None:
    query, key = _noise(1, 1, 1, 32, seed=1), _noise(1, 1, 1, 32, seed=2)

    def score(at: list[float], seen: list[float]) -> float:
        turned = [rotate(x, rotation(torch.tensor([[p]]), 32)) for x, p in ((query, at), (key, seen))]
        return float((turned[0] * turned[1]).sum())

    assert score([1.5, 2, -3], [0, 1, 4]) == pytest.approx(score([4.5, -3, 2.25], [3, -4, 9.25]), abs=1e-4)
    assert score([1.5, 2, -3], [0, 1, 4]) != pytest.approx(score([1.5, 2, -3], [1, 1, 4]), abs=1e-2)
    assert score([0, 0, 0], [0, 0, 0]) == pytest.approx(float((query * key).sum()), abs=1e-5)


def test_both_attentions_agree() -> None:
    query, key, value = (_noise(2, 2, n, 16, seed=n).bfloat16() for n in (5, 7, 7))
    mask = torch.zeros(2, 1, 1, 7)
    mask[1, ..., 4:] = -torch.inf
    exact = attend(query.float(), key.float(), value.float(), mask)
    torch.testing.assert_close(attend(query, key, value, mask.bfloat16()).float(), exact, atol=0.03, rtol=0.03)


def test_autocast_stays_close(model: OmniDiT) -> None:
    exact = model(_target(1), model.condition(_text(7), _condition(1))).clean
    with torch.autocast("cpu", torch.bfloat16):
        half = model(_target(1), model.condition(_text(7), _condition(1))).clean
    assert half.dtype is torch.bfloat16 and (half - exact).abs().max() < 0.1 * exact.abs().max()


def test_it_learns_what_the_condition_says() -> None:
    torch.manual_seed(0)
    model = OmniDiT(CONFIG)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    text, condition, target = _text(7, 5, 7, 3), _condition(4), _target(4)
    clean, layout, losses = _noise(4, 12, 4, seed=20), _noise(4, 12, 4 * LAYERS, seed=21), []
    for _ in range(60):
        loss = (model(target, model.condition(text, condition), layout).clean - clean).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    unused = {name for name, p in model.named_parameters() if p.grad is None}
    assert unused == {"entity.weight", "entity.bias"}


def test_a_width_that_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="width 60 is not a multiple of 8 x 4 heads"):
        DiTConfig(vocabulary=40, width=60)


def test_a_new_network_keeps_what_the_layout_shows() -> None:
    """The cast first, and nothing of a layer that is not there."""
    torch.manual_seed(0)
    net = OmniDiT(CONFIG).eval().requires_grad_(False)
    place, cast, source = _noise(3, 1, 12, 4, seed=3)
    cast[:, :4], source[:, :8] = 0.0, 0.0
    kept = net(_target(1), net.condition(_text(7)), torch.cat([place, cast, source], -1)).clean
    first, second, third = torch.tensor([0.0, 4.0, 2.0]).exp()
    torch.testing.assert_close(kept[:, :4], place[:, :4] / 2, **CLOSE)
    torch.testing.assert_close(kept[:, 4:8], (first * place + second * cast)[:, 4:8] / (2 + second), **CLOSE)
    whole = (first * place + second * cast + third * source)[:, 8:] / (2 + second + third)
    torch.testing.assert_close(kept[:, 8:], whole, **CLOSE)


def test_layers_may_go_into_the_picture_under_another_light() -> None:
    """With one entry of the matrix at one, what is added is a layer times that entry's map."""
    torch.manual_seed(0)
    net = OmniDiT(CONFIG).eval().requires_grad_(False)
    net.colours.copy_(torch.randn(net.colours.shape))
    target, layout = _target(1), _noise(1, 12, LAYERS * 4, seed=3)
    cache = net.condition(_text(7))
    plain = net(target, cache, layout).clean
    net.tints.bias[4 * LAYERS + 1] = 1.0  # of the fifth entry and the second layer
    added = net(target, cache, layout).clean - plain
    torch.testing.assert_close(added, layout[..., 4:8] @ net.colours[4], **CLOSE)
