"""Sampling programs: many prompts, several samples each, batched, seeded, with the log-probability of every token.

Each prompt runs through the model once; its cache is opened for all samples of its group. Rows that finish leave at
once. The uniform number behind each token is a function of the seed, the prompt's number, the sample's number and the
step, so a sample does not depend on the rows beside it, on how many decode at once or on the order of the prompts (up
to the rounding of products of other shapes).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from hone.errors import Boundary, HoneError
from hone.policy.constraints import ConstrainedRows, Constraint
from hone.policy.decoder import Decoder, supports
from hone.policy.engines import FastRows, ModelRows, Rows
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.policy.stops import StopStrings
from hone.policy.uniforms import uniforms

_LONG_SUM = 8192
"""From so many terms on, float32 sums would shift the tail's probabilities."""

MAX_ROWS = 256
"""Rows that decode side by side. Measured on one core for the embedded model: see `bench/generation.py`."""


@dataclass(frozen=True)
class Sample:
    """One continuation of a prompt."""

    tokens: list[int]
    """Up to and including the end token or the one that completes a stop string, where there is one."""
    logprobs: list[float]
    """Of each token, under the distribution it was drawn from: constraint and all of `Sampling` applied, renormalised.
    For greedy, under temperature 1."""
    finished: bool
    """False: cut off by `max_new_tokens` or by the model's last position."""


@dataclass(frozen=True)
class _Row:
    """One sample to be: which prompt, which sample of it, and how many tokens it may have."""

    prompt: int
    sample: int
    limit: int


def generate(
    policy: Policy,
    prompts: Sequence[Sequence[int]],
    samples: int,
    *,
    max_new_tokens: int,
    sampling: Sampling,
    generator: torch.Generator,
    numbers: Sequence[int] | None = None,
    stop: Sequence[str] = (),
    constraint: Constraint | None = None,
    on_sample: Callable[[int, int, Sample], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    max_rows: int = MAX_ROWS,
    engine: Rows | None = None,
) -> list[list[Sample]]:
    """Draw `samples` continuations of each prompt; one list of samples for each prompt, in the prompts' order.

    Args:
        policy: who writes.
        prompts: token ids, none empty.
        samples: how many of each prompt.
        max_new_tokens: length at which a sample is cut off.
        sampling: the distribution that tokens are drawn from.
        generator: a seed is drawn from it, on which every sample depends; one draw, whatever is asked for.
        numbers: what each prompt is called in that seed's draws: its samples are the same in every call with the same
            generator state and number, whatever other prompts are there. By default its place.
        stop: texts that end a sample; the token that completes one is its last.
        constraint: says, for each row, which tokens may come next.
        on_sample: handed each sample the moment it is done, while others are still being written, as (the prompt's
            place, the sample's number, the sample). It runs between two steps: let it pass work on, not do it.
        on_progress: called with (samples done, tokens written) whenever samples are done.
        max_rows: how many samples decode side by side.
        engine: rows to decode with; by default the functional forward where it fits the model, else the model's own.

    Raises:
        HoneError: an impossible argument, or a model whose logits are not numbers.
    """
    if samples < 1 or max_new_tokens < 1 or max_rows < 1:
        what = f"samples {samples}, max_new_tokens {max_new_tokens}, max_rows {max_rows}"
        raise HoneError(Boundary.USER, f"impossible sampling: {what}", "give counts from 1")
    if any(not prompt for prompt in prompts):
        raise HoneError(
            Boundary.POLICY, "an empty prompt", "the tokenizer gave no token; add a beginning-of-text token"
        )
    numbers = range(len(prompts)) if numbers is None else numbers
    if len(numbers) != len(prompts):
        raise HoneError(Boundary.USER, f"{len(numbers)} numbers for {len(prompts)} prompts", "give one for each")
    seed = int(torch.randint(2**63 - 1, (1,), generator=generator, device=generator.device))
    positions = getattr(policy.model.config, "max_position_embeddings", None) or 2**31
    rows = [
        _Row(prompt, sample, min(max_new_tokens, positions - len(prompts[prompt])))
        for prompt in sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        for sample in range(samples)
    ]
    hand_over = _HandOver(on_sample, on_progress)
    for row in rows:
        if row.limit < 1:
            hand_over([(row, Sample([], [], finished=False))])
    rows = [row for row in rows if row.limit >= 1]
    with torch.inference_mode():
        stops = StopStrings(policy, stop) if stop else None
        loop = _Loop(engine or engine_for(policy.model), policy, sampling, stops, constraint, hand_over)
        for start in range(0, len(rows), max_rows):
            batch = rows[start : start + max_rows]
            streams = torch.tensor([[numbers[row.prompt], row.sample] for row in batch], device=policy.device)
            loop.run(batch, prompts, seed, streams)
    done = hand_over.done
    return [[done[prompt, sample] for sample in range(samples)] for prompt in range(len(prompts))]


def engine_for(model: PreTrainedModel) -> Rows:
    """The functional engine where its arithmetic is the model's; else the model's own forward."""
    return FastRows(Decoder(model)) if supports(model) else ModelRows(model)


def draw(logits_R_V: Tensor, sampling: Sampling, uniform_R: Tensor) -> tuple[Tensor, Tensor]:
    """One token a row by inverting the cumulative distribution at `uniform_R`, and its log-probability.

    Args:
        uniform_R: of [0, 1), in the number format to sum probabilities in.
    """
    logprobs_R_V = sampling.logprobs(logits_R_V)
    if sampling.greedy:
        logprobs_R, tokens_R = logprobs_R_V.max(dim=-1)
        return tokens_R, logprobs_R
    cumulative = logprobs_R_V.exp().cumsum(-1, dtype=uniform_R.dtype)
    point_R_1 = uniform_R[:, None] * cumulative[:, -1:]
    tokens_R_1 = torch.searchsorted(cumulative, point_R_1, right=True).clamp_(max=logits_R_V.shape[-1] - 1)
    return tokens_R_1[:, 0], logprobs_R_V.gather(1, tokens_R_1)[:, 0]


class _HandOver:
    """Where finished samples go: to whoever waits for each, and to the list of all."""

    def __init__(
        self,
        on_sample: Callable[[int, int, Sample], None] | None,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self.done: dict[tuple[int, int], Sample] = {}
        self._on_sample = on_sample
        self._on_progress = on_progress
        self._written = 0

    def __call__(self, finished: Sequence[tuple[_Row, Sample]]) -> None:
        for row, sample in finished:
            self.done[row.prompt, row.sample] = sample
            self._written += len(sample.tokens)
            if self._on_sample is not None:
                self._on_sample(row.prompt, row.sample, sample)
        if self._on_progress is not None:
            self._on_progress(len(self.done), self._written)


class _Loop:
    """The decoding loop over one batch after another."""

    def __init__(
        self,
        engine: Rows,
        policy: Policy,
        sampling: Sampling,
        stops: StopStrings | None,
        constraint: Constraint | None,
        hand_over: _HandOver,
    ) -> None:
        self.engine = engine
        self.ends = torch.tensor(policy.end_ids, dtype=torch.long, device=policy.device)
        self.sampling = sampling
        self.stops = stops
        self.constraint = constraint
        self.hand_over = hand_over

    def run(self, batch: Sequence[_Row], prompts: Sequence[Sequence[int]], seed: int, streams_R_2: Tensor) -> None:
        device = streams_R_2.device
        used = sorted({row.prompt for row in batch})
        place = {prompt: position for position, prompt in enumerate(used)}
        owner_R = torch.tensor([place[row.prompt] for row in batch], device=device)
        limit_R = torch.tensor([row.limit for row in batch], device=device)
        room = max(row.limit for row in batch)
        tokens_R_T = torch.zeros(len(batch), room, dtype=torch.long, device=device)
        logprobs_R_T = torch.zeros(len(batch), room, device=device)
        live_R = torch.arange(len(batch), device=device)
        rules = ConstrainedRows(self.constraint, [row.prompt for row in batch]) if self.constraint else None
        logits_R_V = self.engine.start([prompts[prompt] for prompt in used], owner_R, room)
        sums = torch.float64 if logits_R_V.shape[-1] > _LONG_SUM else torch.float32
        uniform_T_R = uniforms(seed, streams_R_2, room, sums)
        for step in range(room):
            if rules is not None:
                logits_R_V = rules.narrow(logits_R_V)
            tokens_R, drawn_R = draw(logits_R_V, self.sampling, uniform_T_R[step, live_R])
            tokens_R_T[live_R, step] = tokens_R
            logprobs_R_T[live_R, step] = drawn_R
            end_R = (tokens_R[:, None] == self.ends).any(dim=1)
            if self.stops is not None:
                end_R |= self.stops.completed(tokens_R, tokens_R_T, live_R, step + 1)
            leave_R = end_R | (limit_R <= step + 1)
            if bool(leave_R.any()):
                gone_L = live_R[leave_R]
                written = tokens_R_T[gone_L, : step + 1], logprobs_R_T[gone_L, : step + 1]
                self.hand_over(_leavers(batch, gone_L, end_R[leave_R], *written))
                if gone_L.shape[0] == live_R.shape[0]:
                    break
                kept, holes = _compact(leave_R)
                self.engine.keep(kept, holes)
                live_R, limit_R, tokens_R = live_R[kept], limit_R[kept], tokens_R[kept]
                if rules is not None:
                    rules.keep(kept)
            if rules is not None:
                rules.advance(tokens_R)
            logits_R_V = self.engine.step(tokens_R)


def _leavers(
    batch: Sequence[_Row], gone_L: Tensor, end_L: Tensor, tokens_L_T: Tensor, logprobs_L_T: Tensor
) -> list[tuple[_Row, Sample]]:
    """The rows that are done and their samples, in the batch's order. One copy from the device for all of them."""
    width = tokens_L_T.shape[1]
    packed = torch.cat([part.double() for part in (gone_L[:, None], end_L[:, None], tokens_L_T, logprobs_L_T)], dim=1)
    finished = []
    for place, end, *written in sorted(packed.tolist()):
        tokens, logprobs = [int(token) for token in written[:width]], written[width:]
        if not all(map(math.isfinite, logprobs)):
            raise HoneError(Boundary.POLICY, "the model's logits are not finite numbers", "lower the learning rate")
        finished.append((batch[int(place)], Sample(tokens, logprobs, bool(end))))
    return finished


def _compact(leave_R: Tensor) -> tuple[Tensor, Tensor]:
    """Close gaps with as few moves as gaps: which row each kept place takes, and the places that change."""
    stay = (~leave_R).nonzero()[:, 0]
    count = stay.shape[0]
    kept = torch.arange(count, device=leave_R.device)
    holes = leave_R[:count].nonzero()[:, 0]
    kept[holes] = stay[count - holes.shape[0] :] if holes.numel() else stay[:0]
    return kept, holes
