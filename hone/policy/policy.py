"""A policy: a causal LM and its tokenizer, loaded from and saved to a directory in Hugging Face's own format."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from hone.errors import Boundary, HoneError
from hone.policy.decoder import supports
from hone.policy.folder import check_policy
from hone.policy.lora import Adapters, LoRAConfig
from hone.policy.prompts import encode_prompt, encode_text
from hone.store.atomic import whole_folder
from hone.tasks.answers import Style, answer_with, extract_program
from hone.tasks.program import Program
from hone.tasks.task import Task

ADAPTERS = "lora"
"""The folder of a checkpoint's adapters, within the policy's."""


class Policy:
    """Who writes programs.

    Attributes:
        model: any Hugging Face causal LM. With adapters, they are merged into its weights: it generates and is saved.
        adapters: what learns in its place; None where all of its weights learn.
        tokenizer: its tokenizer.
        style: how tasks are put to it.
        device: where the model lives.
        name: what programs and reports call it.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        style: Style,
        device: torch.device | str = "cpu",
        name: str = "policy",
    ) -> None:
        self.device = torch.device(device)
        self.model = model.to(self.device)
        self.tokenizer = tokenizer
        self.style = Style(style)
        self.name = name
        self.adapters: Adapters | None = None

    def adapt(self, config: LoRAConfig, seed: int, saved: Path | None = None) -> None:
        """Let low-rank adapters learn in place of the weights, where the settings give them a rank.

        Args:
            saved: a checkpoint of this policy to take the adapters from; the policy itself is the base.

        Raises:
            HoneError: a layer cannot be adapted; the checkpoint has no adapters, or those of another base.
        """
        if config.rank:
            self.adapters = Adapters(self.model, config, seed)
            if saved is not None:
                self.adapters.load(saved / ADAPTERS)

    @property
    def learned(self) -> nn.Module:
        """The module whose parameters learn."""
        return self.model if self.adapters is None else self.adapters.adapted

    @property
    def changing(self) -> dict[str, nn.Parameter]:
        """The weights of `model` that updates change, by name: all that learn, or what adapters are merged into."""
        if self.adapters is not None:
            return self.adapters.merged
        return {name: p for name, p in self.model.named_parameters() if p.requires_grad}

    def learning_model(self, *, own_forward: bool = False) -> PreTrainedModel:
        """The model to put through a forward with gradient, anew for each forward.

        Args:
            own_forward: the forward is the model's own, also where the functional one fits it.
        """
        if self.adapters is None:
            return self.model
        if own_forward or not supports(self.model):
            return self.adapters.adapted
        return self.adapters.joined()

    def weights_changed(self) -> None:
        """To be called after every step of an optimizer: brings `model` up to what was learned."""
        if self.adapters is not None:
            self.adapters.merge()

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "cpu", dtype: torch.dtype | str = "auto") -> "Policy":
        """Read a checkpoint directory: configuration, tokenizer and safetensors weights; never pickle, never its code.

        Raises:
            HoneError: the directory is missing or holds no readable causal LM (cut short, corrupt, pickle only …).
        """
        path = check_policy(Path(path))
        transformers_logging.disable_progress_bar()
        verbosity = transformers_logging.get_verbosity()
        transformers_logging.set_verbosity_error()
        try:
            config = AutoConfig.from_pretrained(path, trust_remote_code=False, local_files_only=True)
            tokenizer: Any = AutoTokenizer.from_pretrained(path, trust_remote_code=False, local_files_only=True)
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                path,
                config=config,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                dtype=dtype,
                output_loading_info=True,
            )
            model, report = loaded
            style = Style(getattr(config, "hone_style", Style.CHAT))
        except Exception as error:  # a corrupt file can raise anything out of four parsers; it is named and passed on
            first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            what = f"policy {path} cannot be read: {first}"
            raise HoneError(Boundary.POLICY, what, "is it whole, and a causal LM? copy or save it again") from error
        finally:
            transformers_logging.set_verbosity(verbosity)
        absent = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
        if absent:
            what = f"policy {path} lacks {len(absent)} of its weights, {absent[0]} first"
            raise HoneError(Boundary.POLICY, what, "the files do not belong together; copy or save it again")
        return cls(model.eval(), tokenizer, style, device, name=str(path))

    def save(self, directory: str | Path) -> Path:
        """Write the checkpoint whole or not at all: to a temporary name, fsynced, renamed. Replaces an older one.

        Adapters are merged into its weights, and lie beside them in a folder of their own.

        Raises:
            HoneError: the disk refuses.
        """
        directory = Path(directory)
        try:
            with whole_folder(directory) as temporary:
                self.model.config.hone_style = str(self.style)
                transformers_logging.disable_progress_bar()
                self.model.save_pretrained(temporary)
                self.tokenizer.save_pretrained(temporary)
                if self.adapters is not None:
                    self.adapters.save(temporary / ADAPTERS)
        except Exception as error:  # safetensors raises its own class for a full disk
            first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            raise HoneError(
                Boundary.DISK, f"checkpoint {directory} was not written: {first}", "free the disk"
            ) from error
        return directory

    @property
    def end_ids(self) -> tuple[int, ...]:
        """Tokens that end a program, sorted: the tokenizer's and those of the generation configuration."""
        ends: set[int] = set()
        generation = self.model.generation_config
        for found in (self.tokenizer.eos_token_id, generation.eos_token_id if generation else None):
            ends.update([found] if isinstance(found, int) else found or ())
        return tuple(sorted(ends))

    def encode_prompt(self, task: Task) -> list[int]:
        """Token ids that ask for the task's program."""
        return encode_prompt(task, self.tokenizer, self.style)

    def encode_program(self, source: str) -> list[int]:
        """Token ids of a given program as an answer, its end token included: the target of supervised learning.

        Raises:
            HoneError: the policy has no end token.
        """
        if not self.end_ids:
            raise HoneError(Boundary.POLICY, f"policy {self.name} has no end token", "set eos_token in its tokenizer")
        answer = answer_with(source, self.style, opened=self._prompt_opens_block)
        return [*encode_text(self.tokenizer, answer), self.end_ids[0]]

    def program(self, task: Task, answer: str | Sequence[int], how: str = "sampled") -> Program:
        """The program in an answer, given as text or as tokens (the end token may be among them)."""
        if not isinstance(answer, str):
            answer = self.text(answer)
        source = extract_program(answer, self.style, opened=self._prompt_opens_block)
        return Program(source, task.id, self.name, how)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens spell; end tokens spell nothing."""
        ends = set(self.end_ids)
        kept = [token for token in tokens if token not in ends]
        return str(self.tokenizer.decode(kept, clean_up_tokenization_spaces=False))

    @cached_property
    def token_texts(self) -> list[str]:
        """What each token that the model can write adds to a text in whose middle it stands; "" for unknown ones."""
        config: Any = self.model.config.get_text_config()
        known = min(len(self.tokenizer), config.vocab_size)
        anchor = encode_text(self.tokenizer, "a")
        before = len(self.tokenizer.decode(anchor, clean_up_tokenization_spaces=False))
        pairs = [[*anchor, token] for token in range(known)]
        texts = self.tokenizer.batch_decode(pairs, clean_up_tokenization_spaces=False)
        return [text[before:] for text in texts] + [""] * (config.vocab_size - known)

    @property
    def _prompt_opens_block(self) -> bool:
        return self.style is Style.CHAT and self.tokenizer.chat_template is None
