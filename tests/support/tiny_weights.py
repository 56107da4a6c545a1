"""Tiny random checkpoints of the real classes in the real folder layout, about a second each and without a network.

``python -m tests.support.tiny_weights wan-vace FOLDER`` writes one to look at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from omni_model.adapters.parts import library

WORDS = ("a", "red", "fox", "walks", "in", "the", "forest", "at", "night", "white", "ghost", "blue", "scarf", ".", ",")
SHARD = "100KB"


def tokenizer(folder: Path, side: str = "right") -> Any:
    """Words to ids, padded on a side; T5's special tokens."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    words = {word: index for index, word in enumerate(["<pad>", "</s>", "<unk>", *WORDS])}
    split = Tokenizer(WordLevel(words, unk_token="<unk>"))
    split.pre_tokenizer = Whitespace()
    split.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=split, pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        model_max_length=1024, padding_side=side,
    )  # fmt: skip


def umt5() -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    return UMT5EncoderModel(UMT5Config(**_TEXT)).eval()


def t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(T5Config(**_TEXT)).eval()


_TEXT = {
    "vocab_size": 40, "d_model": 32, "d_kv": 16, "d_ff": 32, "num_layers": 2, "num_heads": 2,
    "feed_forward_proj": "gated-gelu", "is_encoder_decoder": False, "tie_word_embeddings": False,
}  # fmt: skip
_HEADS = {"num_attention_heads": 2, "attention_head_dim": 12, "text_dim": 32, "ffn_dim": 32, "rope_max_seq_len": 32}


def wan_vae() -> Any:
    """8 x 8 pixels and four frames to a latent of 16 channels, as Wan 2.1's."""
    from diffusers import AutoencoderKLWan

    return AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    ).eval()


def wan22_vae() -> Any:
    """16 x 16 pixels and four frames to a latent of 48 channels, as Wan 2.2's."""
    from diffusers import AutoencoderKLWan

    z_dim = 48
    return AutoencoderKLWan(
        base_dim=3, decoder_base_dim=4, z_dim=z_dim, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
        temperal_downsample=[False, True, True], is_residual=True, in_channels=12, out_channels=12, patch_size=2,
        scale_factor_spatial=16, latents_mean=[0.1] * z_dim, latents_std=[0.9] * z_dim,
    ).eval()  # fmt: skip


def _unipc() -> Any:
    from diffusers import UniPCMultistepScheduler

    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)


def wan_vace(folder: Path) -> Any:
    from diffusers import WanVACEPipeline, WanVACETransformer3DModel

    network = WanVACETransformer3DModel(num_layers=3, vace_layers=[0, 2], **_HEADS)
    return WanVACEPipeline(
        tokenizer=tokenizer(folder), text_encoder=umt5(), vae=wan_vae(), scheduler=_unipc(), transformer=network
    )


def wan_t2v(folder: Path) -> Any:
    from diffusers import WanPipeline, WanTransformer3DModel

    network = WanTransformer3DModel(num_layers=2, **_HEADS)
    return WanPipeline(
        tokenizer=tokenizer(folder), text_encoder=umt5(), vae=wan_vae(), scheduler=_unipc(), transformer=network
    )


def wan_t2v_two(folder: Path) -> Any:
    """Wan 2.2 A14B's layout: one network for much noise, one for little."""
    from diffusers import WanPipeline, WanTransformer3DModel

    networks = [WanTransformer3DModel(num_layers=2, **_HEADS) for _ in range(2)]
    return WanPipeline(
        tokenizer=tokenizer(folder), text_encoder=umt5(), vae=wan_vae(), scheduler=_unipc(),
        transformer=networks[0], transformer_2=networks[1], boundary_ratio=0.875,
    )  # fmt: skip


def wan_ti2v(folder: Path) -> Any:
    from diffusers import WanPipeline, WanTransformer3DModel

    network = WanTransformer3DModel(num_layers=2, in_channels=48, out_channels=48, **_HEADS)
    return WanPipeline(
        tokenizer=tokenizer(folder), text_encoder=umt5(), vae=wan22_vae(), scheduler=_unipc(),
        transformer=network, expand_timesteps=True,
    )  # fmt: skip


def ltx(folder: Path, timed: bool = False) -> Any:
    """``timed``: the decoder is told a time, as from LTX-Video 0.9.1 on."""
    from diffusers import (
        AutoencoderKLLTXVideo,
        FlowMatchEulerDiscreteScheduler,
        LTXConditionPipeline,
        LTXVideoTransformer3DModel,
    )

    network = LTXVideoTransformer3DModel(
        in_channels=8, out_channels=8, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16,
        num_layers=2, caption_channels=32,
    )  # fmt: skip
    vae = AutoencoderKLLTXVideo(
        latent_channels=8, block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1), decoder_layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True, True, True, False), decoder_spatio_temporal_scaling=(True, True, True, False),
        decoder_inject_noise=(False, False, False, False, False), upsample_residual=(False, False, False, False),
        upsample_factor=(1, 1, 1, 1), patch_size=4, timestep_conditioning=timed,
    )  # fmt: skip
    return LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=vae, text_encoder=t5(), tokenizer=tokenizer(folder),
        transformer=network,
    )  # fmt: skip


def gemma() -> Any:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3TextConfig, SiglipVisionConfig

    text = Gemma3TextConfig(
        vocab_size=40, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, sliding_window=64, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    vision = SiglipVisionConfig(
        hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, image_size=16, patch_size=8
    )
    return Gemma3ForConditionalGeneration(
        Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=1)
    ).eval()


def ltx2(folder: Path, later: bool = False) -> Any:
    """``later``: as LTX-2.3 differs from 2.0."""
    from diffusers import (
        AutoencoderKLLTX2Audio,
        AutoencoderKLLTX2Video,
        FlowMatchEulerDiscreteScheduler,
        LTX2ConditionPipeline,
        LTX2VideoTransformer3DModel,
    )
    from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder

    heads, inner = {"num_attention_heads": 2, "attention_head_dim": 12}, 24
    sounding = {f"audio_{name}": value for name, value in heads.items()}
    newer = {"gated_attn": True, "cross_attn_mod": True, "audio_gated_attn": True, "audio_cross_attn_mod": True,
             "use_prompt_embeddings": False, "perturbed_attn": True}  # fmt: skip
    network = LTX2VideoTransformer3DModel(
        in_channels=8, out_channels=8, audio_in_channels=8, audio_out_channels=8, num_layers=2, caption_channels=16,
        cross_attention_dim=inner, audio_cross_attention_dim=inner, rope_type="split", rope_double_precision=False,
        **heads, **sounding, **(newer if later else {}),
    )  # fmt: skip
    vae = AutoencoderKLLTX2Video(
        latent_channels=8, block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1), decoder_layers_per_block=(1, 1, 1, 1), upsample_factor=(1, 1, 1),
        upsample_residual=(False, False, False), spatial_compression_ratio=32, temporal_compression_ratio=8,
    )  # fmt: skip
    sound = AutoencoderKLLTX2Audio(
        base_channels=8, ch_mult=(1, 1, 1), num_res_blocks=1, latent_channels=2, mel_bins=16, resolution=32
    )
    joined = {f"{part}_connector_{name}": value for part in ("video", "audio")
              for name, value in {**heads, "num_layers": 1, "num_learnable_registers": 8}.items()}  # fmt: skip
    apart = {"per_modality_projections": True, "video_hidden_dim": inner, "audio_hidden_dim": inner}
    if not later:
        joined |= {name: 8 for name in joined if name.endswith("head_dim")}
    return LTX2ConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, base_image_seq_len=1024, max_image_seq_len=4096, base_shift=0.95,
            max_shift=2.05, shift_terminal=0.1,
        ),
        vae=vae, audio_vae=sound, text_encoder=gemma(), tokenizer=tokenizer(folder, "left"), transformer=network,
        connectors=LTX2TextConnectors(
            caption_channels=16, text_proj_in_factor=3, rope_double_precision=False, **joined,
            **(apart if later else {}),
        ),
        vocoder=LTX2Vocoder(
            in_channels=8, hidden_channels=8, out_channels=1, upsample_kernel_sizes=[4], upsample_factors=[2],
            resnet_kernel_sizes=[3], resnet_dilations=[[1]],
        ),
    )  # fmt: skip


BUILDERS: dict[str, Callable[[Path], Any]] = {
    "wan-vace": wan_vace,
    "wan-t2v": wan_t2v,
    "wan-t2v-two": wan_t2v_two,
    "wan-ti2v": wan_ti2v,
    "ltx": ltx,
    "ltx-timed": partial(ltx, timed=True),
    "ltx2": ltx2,
    "ltx2-later": partial(ltx2, later=True),
}


def build(kind: str, folder: Path, *, seed: int = 0, shard: str = SHARD) -> Path:
    """Writes a random checkpoint of ``kind``; same seed, same weights. ``shard`` is the largest file."""
    for name in ("diffusers", "transformers"):
        library(name)  # without progress bars
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        pipeline = BUILDERS[kind](folder)
        for part in ("transformer", "transformer_2", "vae", "connectors"):
            if (module := getattr(pipeline, part, None)) is not None:
                _enliven(module)
    pipeline.save_pretrained(folder, max_shard_size=shard)
    return folder


def _enliven(module: torch.nn.Module) -> None:
    """Random biases and norms too: what starts as zeros or ones hides mistakes."""
    for value in module.parameters():
        value.data += 0.05 * torch.randn_like(value)


if __name__ == "__main__":
    print(build(sys.argv[1], Path(sys.argv[2])))  # noqa: T201
