"""Sampling programs: many prompts, several samples each, batched, seeded, with the log-probability of every token.

Each prompt runs through the model once; its cache is opened for all samples of its group. Rows that finish leave at
once. One uniform number is drawn for each sample and step before anything runs, so a sample does not depend on the
rows beside it or on when they finish (up to the rounding of products of other shapes).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from hone.errors import Boundary, HoneError
from hone.policy.decoder import Decoder, supports
from hone.policy.engines import FastRows, ModelRows, Rows
from hone.policy.policy import Policy

MAX_ROWS = 256
"""Rows that decode side by side. Measured on one core for the embedded model: see `bench/generation.py`."""


@dataclass(frozen=True)
class Sample:
    """One continuation of a prompt."""

    tokens: list[int]
    """Up to and including the end token, where there is one."""
    logprobs: list[float]
    """Of each token, under the distribution it was drawn from (temperature applied); under T = 1 for greedy."""
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
    temperature: float,
    generator: torch.Generator,
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
        temperature: divides the logits; 0 takes the likeliest token.
        generator: every draw comes from it; the same state gives the same samples for the same call.
        on_progress: called with (samples done, tokens written) whenever samples are done.
        max_rows: how many samples decode side by side.
        engine: rows to decode with; by default the functional forward where it fits the model, else the model's own.

    Raises:
        HoneError: an impossible argument, or a model whose logits are not numbers.
    """
    if samples < 1 or max_new_tokens < 1 or max_rows < 1 or not temperature >= 0:
        what = f"samples {samples}, max_new_tokens {max_new_tokens}, max_rows {max_rows}, temperature {temperature}"
        raise HoneError(Boundary.USER, f"impossible sampling: {what}", "counts from 1, temperature from 0")
    if any(not prompt for prompt in prompts):
        raise HoneError(
            Boundary.POLICY, "an empty prompt", "the tokenizer gave no token; add a beginning-of-text token"
        )
    uniform_R_T = torch.rand(len(prompts) * samples, max_new_tokens, generator=generator, device=generator.device).to(
        policy.device
    )
    positions = getattr(policy.model.config, "max_position_embeddings", None) or 2**31
    rows = [
        _Row(prompt, sample, min(max_new_tokens, positions - len(prompts[prompt])))
        for prompt in sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        for sample in range(samples)
    ]
    done: dict[tuple[int, int], Sample] = {
        (row.prompt, row.sample): Sample([], [], finished=False) for row in rows if row.limit < 1
    }
    rows = [row for row in rows if row.limit >= 1]
    with torch.inference_mode():
        engine = engine or engine_for(policy.model)
        loop = _Loop(engine, policy, temperature, uniform_R_T, on_progress, len(done))
        for start in range(0, len(rows), max_rows):
            batch = rows[start : start + max_rows]
            index = torch.tensor([row.prompt * samples + row.sample for row in batch], device=policy.device)
            for row, sample in zip(batch, loop.run(batch, prompts, index), strict=True):
                done[row.prompt, row.sample] = sample
    return [[done[prompt, sample] for sample in range(samples)] for prompt in range(len(prompts))]


def engine_for(model: PreTrainedModel) -> Rows:
    """The functional engine where its arithmetic is the model's; else the model's own forward."""
    return FastRows(Decoder(model)) if supports(model) else ModelRows(model)


def draw(logits_R_V: Tensor, temperature: float, uniform_R: Tensor) -> tuple[Tensor, Tensor]:
    """One token a row by inverting the cumulative distribution at `uniform_R`, and its log-probability."""
    if temperature == 0:
        logprobs_R, tokens_R = torch.log_softmax(logits_R_V, dim=-1).max(dim=-1)
        return tokens_R, logprobs_R
    if temperature != 1:
        logits_R_V = logits_R_V / temperature
    logprobs_R_V = torch.log_softmax(logits_R_V, dim=-1)
    # A sum of 100,000 float32 terms would shift the tail's probabilities.
    cumulative = logprobs_R_V.exp().cumsum(-1, dtype=torch.float64 if logits_R_V.shape[-1] > 8192 else torch.float32)
    point_R_1 = uniform_R[:, None] * cumulative[:, -1:]
    tokens_R_1 = torch.searchsorted(cumulative, point_R_1, right=True).clamp_(max=logits_R_V.shape[-1] - 1)
    return tokens_R_1[:, 0], logprobs_R_V.gather(1, tokens_R_1)[:, 0]


class _Loop:
    """The decoding loop over one batch after another."""

    def __init__(
        self,
        engine: Rows,
        policy: Policy,
        temperature: float,
        uniform_R_T: Tensor,
        on_progress: Callable[[int, int], None] | None,
        done: int,
    ) -> None:
        self.engine = engine
        self.ends = torch.tensor(policy.end_ids, dtype=torch.long, device=policy.device)
        self.temperature = temperature
        self.uniform_R_T = uniform_R_T
        self.on_progress = on_progress
        self.done = done
        self.written = 0

    def run(self, batch: Sequence[_Row], prompts: Sequence[Sequence[int]], index_R: Tensor) -> list[Sample]:
        device = index_R.device
        used = sorted({row.prompt for row in batch})
        place = {prompt: position for position, prompt in enumerate(used)}
        owner_R = torch.tensor([place[row.prompt] for row in batch], device=device)
        limit_R = torch.tensor([row.limit for row in batch], device=device)
        room = max(row.limit for row in batch)
        uniform_T_R = self.uniform_R_T[index_R].t().contiguous()
        tokens_T_R = torch.zeros(room, len(batch), dtype=torch.long, device=device)
        logprobs_T_R = torch.zeros(room, len(batch), device=device)
        length_R = torch.zeros(len(batch), dtype=torch.long, device=device)
        ended_R = torch.zeros(len(batch), dtype=torch.bool, device=device)
        live_R = torch.arange(len(batch), device=device)
        logits_R_V = self.engine.start([prompts[prompt] for prompt in used], owner_R, room)
        for step in range(room):
            tokens_R, drawn_R = draw(logits_R_V, self.temperature, uniform_T_R[step, live_R])
            tokens_T_R[step, live_R] = tokens_R
            logprobs_T_R[step, live_R] = drawn_R
            end_R = (tokens_R[:, None] == self.ends).any(dim=1)
            leave_R = end_R | (limit_R <= step + 1)
            if bool(leave_R.any()):
                gone = live_R[leave_R]
                ended_R[gone] = end_R[leave_R]
                length_R[gone] = step + 1
                self._report(int(gone.shape[0]), int(gone.shape[0]) * (step + 1))
                if gone.shape[0] == live_R.shape[0]:
                    break
                kept, holes = _compact(leave_R)
                self.engine.keep(kept, holes)
                live_R, limit_R, tokens_R = live_R[kept], limit_R[kept], tokens_R[kept]
            logits_R_V = self.engine.step(tokens_R)
        if not bool(logprobs_T_R.isfinite().all()):
            raise HoneError(Boundary.POLICY, "the model's logits are not finite numbers", "lower the learning rate")
        rows = zip(tokens_T_R.t().tolist(), logprobs_T_R.t().tolist(), length_R.tolist(), ended_R.tolist(), strict=True)
        return [Sample(tokens[:length], logprobs[:length], ended) for tokens, logprobs, length, ended in rows]

    def _report(self, samples: int, tokens: int) -> None:
        self.done += samples
        self.written += tokens
        if self.on_progress is not None:
            self.on_progress(self.done, self.written)


def _compact(leave_R: Tensor) -> tuple[Tensor, Tensor]:
    """Close gaps with as few moves as gaps: which row each kept place takes, and the places that change."""
    stay = (~leave_R).nonzero()[:, 0]
    count = stay.shape[0]
    kept = torch.arange(count, device=leave_R.device)
    holes = leave_R[:count].nonzero()[:, 0]
    kept[holes] = stay[count - holes.shape[0] :] if holes.numel() else stay[:0]
    return kept, holes
