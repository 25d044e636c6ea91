"""The pieces that more than one part of the model uses."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        x32 = x.float()
        return (x32 * torch.rsqrt(x32.pow(2).mean(-1, keepdim=True) + self.eps)).to(x.dtype) * self.weight


class SwiGLU(nn.Module):
    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(dim, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class PlainMLP(nn.Module):
    """Linear, GELU, linear: Whisper's."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


def attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """softmax(q k^T / sqrt(D) + bias) v for [B, H, S, D].

    Written out: on CPUs torch's fused kernel has a backward pass that costs several times these matrix products.
    """
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if bias is not None:
        scores = scores + bias
    return torch.softmax(scores, dim=-1, dtype=torch.float32).to(v.dtype) @ v


class RowAttention(torch.autograd.Function):
    """`attention` for training, one row of the batch at a time: the scores then stay in the cache, which on a CPU halves the time of a step.

    q [B, G, R, D], k and v [B, G, S, D], bias [R, S]; all of one dtype.
    """

    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:  # noqa: ANN001
        b, g, rows, d = q.shape
        out = torch.empty_like(q)
        p = torch.empty(b, g, rows, k.shape[2], dtype=q.dtype)
        bias = bias.expand(g, -1, -1)
        for i in range(b):
            scores = torch.baddbmm(bias, q[i], k[i].transpose(-1, -2), alpha=d**-0.5)
            torch.softmax(scores, -1, out=p[i])
            torch.bmm(p[i], v[i], out=out[i])
        ctx.save_for_backward(q, k, v, p)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # noqa: ANN001
        q, k, v, p = ctx.saved_tensors
        grad = grad.contiguous()
        dq, dk, dv, dp = torch.empty_like(q), torch.empty_like(k), torch.empty_like(v), torch.empty_like(p[0])
        for i in range(q.shape[0]):
            torch.bmm(p[i].transpose(-1, -2), grad[i], out=dv[i])
            torch.bmm(grad[i], v[i].transpose(-1, -2), out=dp)
            ds = torch._softmax_backward_data(dp, p[i], -1, dp.dtype)
            torch.bmm(ds, k[i], out=dq[i])
            torch.bmm(ds.transpose(-1, -2), q[i], out=dk[i])
        scale = q.shape[-1] ** -0.5
        return dq.mul_(scale), dk.mul_(scale), dv, None


class PackedAttention(torch.autograd.Function):
    """`RowAttention` of rows that hold several samples, which see nothing of each other: each attends within its own span, so no mask a row is
    needed and the cost is the sum of the squares of the samples' lengths, not the square of the row's.

    q [B, G * group, S, D], k and v [B, G, S, D], bias [longest, longest] of one sample, spans (row, start, end); all of one dtype.
    What lies in no span is padding: its output is 0.
    """

    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, spans: list[tuple[int, int, int]]) -> Tensor:  # noqa: ANN001
        _, heads, _, d = q.shape
        groups = k.shape[1]
        out, kept = torch.zeros_like(q), []
        for row, start, end in spans:
            n = end - start
            corner = bias[:n, :n].repeat(heads // groups, 1).expand(groups, -1, -1)
            scores = torch.baddbmm(corner, q[row, :, start:end].reshape(groups, -1, d), k[row, :, start:end].transpose(-1, -2), alpha=d**-0.5)
            p = torch.softmax(scores, -1)
            out[row, :, start:end] = torch.bmm(p, v[row, :, start:end]).view(heads, n, d)
            kept.append(p)
        ctx.spans = spans
        ctx.save_for_backward(q, k, v, *kept)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # noqa: ANN001
        q, k, v, *kept = ctx.saved_tensors
        _, heads, _, d = q.shape
        groups = k.shape[1]
        dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for (row, start, end), p in zip(ctx.spans, kept):
            own = grad[row, :, start:end].reshape(groups, -1, d)
            dv[row, :, start:end] = torch.bmm(p.transpose(-1, -2), own)
            ds = torch._softmax_backward_data(torch.bmm(own, v[row, :, start:end].transpose(-1, -2)), p, -1, p.dtype)
            dq[row, :, start:end] = torch.bmm(ds, k[row, :, start:end]).view(heads, end - start, d)
            dk[row, :, start:end] = torch.bmm(ds.transpose(-1, -2), q[row, :, start:end].reshape(groups, -1, d))
        scale = d**-0.5
        return dq.mul_(scale), dk.mul_(scale), dv, None, None


def mask_bias(visible: Tensor) -> Tensor:
    """0 where visible, a large negative number elsewhere; bfloat16 under autocast, so that scores are not widened."""
    dtype = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
    return torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill(~visible, -1e9)


def rope_angles(positions: Tensor, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """cos and sin for `positions` [..., S] -> [..., S, head_dim / 2], in float32."""
    inv = theta ** (-torch.arange(0, head_dim, 2, dtype=torch.float32, device=positions.device) / head_dim)
    angles = positions.float().unsqueeze(-1) * inv
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of x [B, H, S, D]; cos and sin broadcast as [B or 1, 1, S, D / 2]. In the dtype of x."""
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)
