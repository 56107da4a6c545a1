"""How large a model is and how much work a shot is, from its configs and headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch

from omni_model.adapters.checkpoint import Checkpoint, Component
from omni_model.adapters.options import Options
from omni_model.adapters.parts import skeleton
from omni_model.adapters.plan import Sizes, dtype_of

_BRANCHES = 2
"""Of classifier-free guidance, run as one batch."""
_TEXT_WORK = 2**29


@dataclass(frozen=True)
class Native:
    """What a family works at unless told otherwise, and its grids."""

    width: int
    height: int
    fps: float
    size_grid: int
    """Pixels a side of one token."""
    frame_grid: int
    max_frames: int
    steps: int
    guidance: float

    def tokens(self, width: int, height: int, frames: int) -> int:
        """Of a clip: what the transformer attends over."""
        return ((frames - 1) // self.frame_grid + 1) * (width // self.size_grid) * (height // self.size_grid)


def parameters(part: Component) -> int:
    """From the headers, or, where the weights are not here, from the module that the config makes."""
    if part.files:
        return sum(prod(shape) for shape in part.shapes.values())
    return sum(value.numel() for value in skeleton(part).parameters())


def sizes_of(checkpoint: Checkpoint, native: Native, options: Options, device: torch.device) -> Sizes:
    """Bytes of weights by part, and an estimate of what making one shot takes beside them."""
    width, height = options.width or native.width, options.height or native.height
    bytes_each = dtype_of(options, device).itemsize
    weights = {
        name: parameters(part) * (torch.float32.itemsize if name == "vae" else bytes_each)
        for name, part in checkpoint.parts.items()
    }
    network = checkpoint.parts["transformer"].config
    dim, hidden = _widths(network)
    tokens = native.tokens(width, height, native.max_frames) * _BRANCHES
    # Residual stream and norms in single precision, query, key, value and output, and one hidden layer.
    denoising = tokens * (3 * dim * torch.float32.itemsize + (4 * dim + 2 * hidden) * bytes_each)
    vae = checkpoint.parts["vae"].config
    channels = vae.get("decoder_base_dim") or vae.get("base_dim") or min(vae.get("block_out_channels", [128]))
    decoding = width * height * torch.float32.itemsize * (4 * channels * native.frame_grid + 3 * native.max_frames)
    work = {name: denoising if name.startswith("transformer") else _TEXT_WORK for name in weights}
    return Sizes(weights, {**work, "vae": decoding})


def operations(checkpoint: Checkpoint, native: Native, width: int, height: int, steps: int) -> float:
    """Floating-point operations of denoising one native clip: two a weight and token, and the attention."""
    part = checkpoint.parts["transformer"]
    dim, _ = _widths(part.config)
    layers = int(part.config["num_layers"]) + len(part.config.get("vace_layers") or ())
    tokens = native.tokens(width, height, native.max_frames)
    step = 2.0 * parameters(part) * tokens + 4.0 * tokens**2 * dim * layers
    return step * steps * _BRANCHES


def _widths(config: object) -> tuple[int, int]:
    """Width of the residual stream and of the hidden layer."""
    assert isinstance(config, dict)
    dim = int(config["num_attention_heads"]) * int(config["attention_head_dim"])
    return dim, int(config.get("ffn_dim", 4 * dim))
