"""How fast omni-mini draws: what its cache, its few steps and its sampler save, and films a second.

    python -m benchmarks.painter                  # the table
    python -m benchmarks.painter --json           # the same, and every figure behind it

Everything is compared side by side in one run: the same shots, in turn, medians. The shots are held-out scenes of
two subjects, told by caption, plate, two sheets, tracks and camera. Figures of a busy machine mean little.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.measure import Tally, gflops, machine, peak_memory, plain, side_by_side, timed, within
from benchmarks.stock import Stock
from omni_model.evaluate.cases import EvaluationCase, case_of, scenes
from omni_model.evaluate.reading import psnr
from omni_model.media import write_film
from omni_model.mini.dit import KV, ConditionCache, DiTBlock, OmniDiT, Prediction
from omni_model.mini.engine import OmniMini
from omni_model.mini.rows import Rows
from omni_model.mini.tokenizer import PAD, PromptTokens
from omni_model.mini.upscale import Upscaler, UpscalerConfig, UpscalerNet
from omni_model.mini.vae import SPATIAL
from omni_model.spec.errors import WeightsError
from omni_model.spec.generator import Clip
from omni_model.weights.precision import PRECISION, autocast

FEW, MANY = 4, 32
"""Steps."""
_DIT = ("condition", "forward")


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``aim`` is the least that we want, or the most where ``at_most``."""

    name: str
    value: float | None
    unit: str = "x"
    aim: float | None = None
    at_most: bool = False
    behind: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        if self.value is None or self.aim is None:
            return None
        return self.value <= self.aim if self.at_most else self.value >= self.aim

    def __str__(self) -> str:
        value = "not measured" if self.value is None else f"{self.value:.2f} {self.unit}"
        aim = "" if self.aim is None else f"aim {'<=' if self.at_most else '>='} {self.aim:g}"
        return f"{self.name:58} {value:>14}   {aim:12} {'' if self.met is None else 'met' if self.met else 'missed'}"


@dataclass(frozen=True)
class _Told(ConditionCache):
    """A condition that nothing was computed of yet."""

    text: PromptTokens
    rows: Rows | None

    def repeat(self, draws: int) -> ConditionCache:
        def each(t: Tensor) -> Tensor:
            return t.repeat_interleave(draws, 0)

        rows = None if self.rows is None else Rows(*(each(t) for t in vars(self.rows).values()))
        return _Told((), each(self.valid), PromptTokens(each(self.text.ids), each(self.text.slots)), rows)


class Forgetful(OmniDiT):
    """The same network without its cache: each step computes the condition of each window anew."""

    def condition(self, text: PromptTokens, rows: Rows | None = None) -> ConditionCache:
        return _Told((), text.ids != PAD, text, rows)

    def forward(self, rows: Rows, cache: ConditionCache, layout: Tensor | None = None) -> Prediction:
        if not isinstance(cache, _Told):
            raise TypeError("a forgetful network is told its condition at every step")
        return super().forward(rows, super().condition(cache.text, cache.rows), layout)


def forgetful(mini: OmniMini) -> OmniMini:
    """The same generator without the cache of its conditions."""
    dit = Forgetful(mini.dit.config)
    dit.load_state_dict(mini.dit.state_dict())
    found = OmniMini(mini.vae, dit, mini.config)
    found.retouching, found.precision = mini.retouching, mini.precision
    return found


def held_out(cases: int, steps: int = FEW, seed: int = 0) -> list[EvaluationCase]:
    """Scenes of two subjects: three references each."""
    found = [case_of(scene, truth.frames, i) for i, (scene, truth) in enumerate(scenes(cases, seed, subjects=2))]
    for case in found:
        case.ask(steps=steps)
    return found


def drawn(mini: OmniMini, case: EvaluationCase, **changes: object) -> Tensor:
    """Frames, uint8 [T, 3, H, W]."""
    return mini.render([case.asked.model_copy(update=changes)], case.assets.__getitem__)[0].frames


def in_transformer(mini: OmniMini, case: EvaluationCase) -> float:
    """Wall seconds of one shot that the transformer takes, condition and steps."""
    clock = Tally()
    with within(mini.dit, _DIT, clock.seconds):
        drawn(mini, case)
    return clock.total


def cache(mini: OmniMini, case: EvaluationCase, repeats: int) -> Iterator[Figure]:
    """Keys and values of text and references: once a shot, or at every step of every window."""
    without = forgetful(mini)
    times = side_by_side({"on": partial(drawn, mini, case), "off": partial(drawn, without, case)}, repeats)
    runs = [(in_transformer(mini, case), in_transformer(without, case)) for _ in range(repeats)]
    on, off = (median(values) for values in zip(*runs, strict=True))
    apart = (drawn(mini, case).int() - drawn(without, case).int()).abs().max()
    behind = {"on": on, "off": off, "references": len(case.asked.references), "largest_difference_of_255": int(apart)}
    yield Figure("condition without cache / with it, transformer", off / on, aim=1.6, behind=behind)
    whole = {name: plain(t) for name, t in times.items()}
    yield Figure("condition without cache / with it, whole shot", times["off"].wall / times["on"].wall, behind=whole)


def few_steps(mini: OmniMini, cases: list[EvaluationCase], few: int = FEW, many: int = MANY) -> Iterator[Figure]:
    """What many steps cost, and what they add: how near few and many come to the truth, and to each other."""
    drawn(mini, cases[0])  # warm
    spent: dict[int, list[float]] = {few: [], many: []}
    near: dict[str, list[float]] = {"few_to_truth_db": [], "many_to_truth_db": [], "few_to_many_db": []}
    for case in cases:
        runs = {steps: timed(partial(drawn, mini, case, steps=steps)) for steps in spent}
        for steps, times in spent.items():
            times.append(runs[steps][0].wall)
        frames = [runs[steps][1] for steps in spent]
        pairs = (frames[0], case.wanted), (frames[1], case.wanted), (frames[0], frames[1])
        for values, pair in zip(near.values(), pairs, strict=True):
            values.append(psnr(*pair))
    means = {name: fmean(values) for name, values in near.items()}
    wall = {steps: fmean(times) for steps, times in spent.items()}
    behind = means | {f"steps_{steps}_wall": value for steps, value in wall.items()} | {"cases": len(cases)}
    yield Figure(f"time of {many} steps / {few} steps", wall[many] / wall[few], behind=behind)
    yield Figure(f"{few} steps to the truth", means["few_to_truth_db"], "dB")
    yield Figure(f"{many} steps to the truth", means["many_to_truth_db"], "dB")


def against_diffusers(mini: OmniMini, case: EvaluationCase, repeats: int) -> Iterator[Figure]:
    """Our sampler from a request to its latents, pictures and layout included, beside diffusers' pipeline to its own.

    It is given our target rows, and as many whole latent frames more as hold our references; the same steps, no
    second pass for guidance, and whichever precision it is faster in.
    """
    asked, config = case.asked, mini.dit.config
    height, width = asked.height // SPATIAL, asked.width // SPATIAL
    references = sum(case.assets[r.image][0].numel() for r in asked.references) // SPATIAL**2
    frames = 1 + (asked.frames - 1) // 4
    shown = frames + references // (height * width)
    words = len(mini.tokenizer.batch([asked.caption], [[]], config.text_length).ids[0])
    precisions = dict.fromkeys((torch.float32, mini.precision))
    stocks = {f"diffusers_{str(p)[6:]}": Stock(config, mini.config.shift, p) for p in precisions}
    works = {name: partial(s.sample, shown, height, width, words, asked.steps) for name, s in stocks.items()}
    times = side_by_side({"ours": lambda: _sampling(mini, case)(), **works}, repeats)
    behind: dict[str, Any] = {name: plain(t) for name, t in times.items()}
    fastest = min(stocks, key=lambda name: times[name].wall)
    behind |= {
        "steps": asked.steps,
        "rows": {"target": frames * height * width, "references": references, "text": words},
        "rows_of_diffusers": {"target": shown * height * width, "text": words},
        "parameters": sum(p.numel() for p in mini.dit.parameters()),
        "parameters_of_diffusers": stocks[fastest].parameters,
    }
    yield Figure("a step: diffusers / ours", times[fastest].wall / times["ours"].wall, aim=1.5, behind=behind)
    ours, theirs = peak_memory(_sampling(mini, case)), peak_memory(works[fastest])
    behind = {"ours_mib": ours, "diffusers_mib": theirs}
    yield Figure("memory while sampling: ours / diffusers", ours / theirs, aim=1.0, at_most=True, behind=behind)


def _sampling(mini: OmniMini, case: EvaluationCase) -> Callable[[], Tensor]:
    """The latents of a shot that is prepared, as diffusers' pipeline makes them."""
    with torch.inference_mode():
        shot = mini.encoder.encode(case.asked, case.assets.__getitem__)

    def sample() -> Tensor:
        with torch.inference_mode(), autocast(mini.precision):
            return mini.windows.latents(shot, lambda done, of: None)

    return sample


@contextmanager
def operations(dit: OmniDiT) -> Iterator[Tally]:
    """Floating-point operations in its layers and attention, two to a product; what is not a product is not counted."""
    done = Tally()

    def layer(module: nn.Module, given: tuple[Any, ...], out: Tensor) -> None:
        done.total += 2 * given[0].shape[-1] * out.numel()

    def attention(module: nn.Module, given: tuple[Any, ...], out: tuple[Tensor, KV]) -> None:
        seen = [out[1], *(past for past in given[4:] if past is not None)]
        done.total += 4 * out[0].numel() * sum(keys.key.shape[-2] for keys in seen)

    handles = [module.register_forward_hook(layer) for module in dit.modules() if isinstance(module, nn.Linear)]
    handles += [module.register_forward_hook(attention) for module in dit.modules() if isinstance(module, DiTBlock)]
    try:
        yield done
    finally:
        for handle in handles:
            handle.remove()


def share_of_machine(mini: OmniMini, case: EvaluationCase, repeats: int) -> Iterator[Figure]:
    """What the transformer reaches of the rate of large products in single precision, measured in turn."""
    with operations(mini.dit) as counted:
        drawn(mini, case)
    for precision in dict.fromkeys((PRECISION, torch.float32)):
        mini.precision = precision
        runs = [(counted.total / in_transformer(mini, case) / 1e9, gflops(torch.float32)) for _ in range(repeats)]
        share = median(100 * rate / possible for rate, possible in runs)
        behind = {"gflop": counted.total / 1e9, "gflops_and_possible": runs}
        yield Figure(f"transformer in {str(precision)[6:]} / fp32 products", share, "%", aim=50, behind=behind)
    mini.precision = PRECISION


def film(mini: OmniMini, cases: list[EvaluationCase], folder: Path, repeats: int) -> Figure:
    """Seconds of film a second of wall time, from the requests to the file."""
    trained = mini.upscaler is not None
    mini.upscaler = mini.upscaler or Upscaler(UpscalerNet(UpscalerConfig()))
    runs = sorted((_stages(mini, cases, folder) for _ in range(repeats)), key=lambda run: run["all"])
    stages = runs[len(runs) // 2]
    seconds_of_film = sum(case.asked.frames / case.asked.fps for case in cases)
    behind = stages | {"shots": len(cases), "seconds_of_film": seconds_of_film, "upscaler_trained": trained}
    return Figure("film made, all stages", seconds_of_film / stages["all"], "s/s", aim=1.0, behind=behind)


def _stages(mini: OmniMini, cases: list[EvaluationCase], folder: Path) -> dict[str, float]:
    """Wall seconds of each stage; 'all' holds what lies between them too."""
    assets = {name: image for case in cases for name, image in case.assets.items()}.__getitem__
    dit, vae, upscale, encode = (Tally() for _ in range(4))

    def finished() -> Iterator[Tensor]:
        clips: list[Clip] = mini.render([case.asked for case in cases], assets)
        for case, clip in zip(cases, clips, strict=True):
            with upscale.seconds():
                large = mini.finish(case.asked, clip, assets)
            yield large.frames

    def work() -> None:
        made = list(finished())
        with encode.seconds():
            write_film(folder / "film.mp4", made, cases[0].asked.fps)

    with within(mini.dit, _DIT, dit.seconds), within(mini.vae, ("encode", "decode"), vae.seconds):
        total = timed(work)[0].wall
    return {"dit": dit.total, "vae": vae.total, "upscale": upscale.total, "encode": encode.total, "all": total}


def table(mini: OmniMini, cases: list[EvaluationCase], repeats: int) -> Iterator[Figure]:
    """Every figure; the first case is the one that single shots are measured with."""
    yield from cache(mini, cases[0], repeats)
    yield from few_steps(mini, cases)
    yield from against_diffusers(mini, cases[0], repeats)
    yield from share_of_machine(mini, cases[0], repeats)
    with tempfile.TemporaryDirectory() as folder:
        yield film(mini, cases, Path(folder), repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    parser.add_argument("--weights", type=Path, help="a folder of other weights")
    parser.add_argument("--cases", type=int, default=8, help="shots in the batch (default 8)")
    parser.add_argument("--repeats", type=int, default=5, help="runs whose median counts (default 5)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    if min(asked.cases, asked.repeats, asked.threads) < 1:
        parser.error("--cases, --repeats and --threads are at least 1")
    torch.set_num_threads(asked.threads)
    try:
        mini = OmniMini.load(asked.weights)
    except WeightsError as error:
        parser.error(str(error))
    facts, figures = machine(), []
    print(f"{facts.cores} cores, {facts.threads} threads, {facts.fp32_gflops:.0f} GFLOP/s fp32", file=sys.stderr)
    for figure in table(mini, held_out(asked.cases), asked.repeats):
        figures.append(asdict(figure) | {"met": figure.met})
        if not asked.json:
            print(figure, flush=True)
    if asked.json:
        print(
            json.dumps({"machine": plain(facts), "weights_digest": mini.weights_digest, "figures": figures}, indent=2)
        )


if __name__ == "__main__":
    main()
