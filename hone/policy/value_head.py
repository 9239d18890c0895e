"""A value head: what the policy's last hidden state says of the reward that is to come."""

import torch
from torch import Tensor, nn


class ValueHead(nn.Module):
    """One linear map, zero at first: estimates [N] from hidden states [N, D], in float32."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(hidden))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, hidden_N_D: Tensor) -> Tensor:
        """Estimates [N]."""
        return hidden_N_D @ self.weight + self.bias
