"""The precision that networks draw in: bfloat16, as they were trained, where the machine multiplies it fast."""

from __future__ import annotations

import torch

#: Without instructions of its own bfloat16 is slower than single precision.
PRECISION = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def default_precision(device: str = "cpu") -> torch.dtype:
    """What a kind of device multiplies matrices in: the CPU as it does best, a GPU in bfloat16."""
    return PRECISION if torch.device(device).type == "cpu" else torch.bfloat16


def autocast(precision: torch.dtype | None = None, device: str = "cpu") -> torch.autocast:
    """Products of matrices in ``precision``, by default the device's own."""
    chosen = precision or default_precision(device)
    return torch.autocast(torch.device(device).type, chosen, enabled=chosen is not torch.float32)
