"""The precision that networks draw in: bfloat16, as they were trained, where the machine multiplies it fast."""

from __future__ import annotations

import torch

#: Without instructions of its own bfloat16 is slower than single precision.
PRECISION = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def autocast(precision: torch.dtype | None = None, device: str = "cpu") -> torch.autocast:
    """Products of matrices in ``precision``: by default as the CPU does them best, on a GPU in bfloat16."""
    kind = torch.device(device).type
    chosen = precision or (PRECISION if kind == "cpu" else torch.bfloat16)
    return torch.autocast(kind, chosen, enabled=chosen is not torch.float32)
