"""Layers that turn sound into pictures of its frequencies."""

from __future__ import annotations

from collections.abc import Mapping

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Layer
from convlint.catalog.registry import layer
from convlint.catalog.spatial import channel_axis, slide
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, add, floor_divide, multiply
from convlint.shapes.shape import Shape


@layer(
    "MelSpectrogram(fft_length=2048, sequence_stride=512, sequence_length=None, window='hann', sampling_rate=16000, "
    "num_mel_bins=128, min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0, min_power=1e-10, "
    "ref_power=1.0)"
)
class MelSpectrogram(Layer):
    """``(batch, samples)`` or ``(samples,)`` to ``(..., num_mel_bins, frames)``.

    Source: ``keras/src/layers/preprocessing/mel_spectrogram.py``, ``compute_output_shape``.
    """

    takes_numbers = True
    ranks = (1, 2)

    def output(self, ctx: Context, x: Tensor) -> object:
        stride, bins = read.dim(self.arguments["sequence_stride"]), read.dim(self.arguments["num_mel_bins"])
        if isinstance(x.shape, Unknown):
            return Tensor(UNKNOWN, self.compute_dtype, x.kind)
        samples = x.shape[-1]
        frames: Dim = samples
        if not isinstance(samples, Dynamic):
            # Called on values it gives 1 + samples // stride; the two differ where samples end just below a step.
            frames = floor_divide(add(add(samples, stride), 1), stride)
            if isinstance(samples, int) and isinstance(stride, int) and frames != 1 + samples // stride:
                frames = UNKNOWN
        return Tensor((*x.shape[:-1], bins, frames), self.compute_dtype, x.kind)


@layer(
    "STFTSpectrogram(mode='log', frame_length=256, frame_step=None, fft_length=None, window='hann', periodic=False, "
    "scaling='density', padding='valid', expand_dims=False, data_format=None)"
)
class STFTSpectrogram(Layer):
    """The frequencies of each frame of each channel.

    Shape: channels_last ``(batch, samples, channels)`` to ``(batch, frames, frequencies * channels)``,
    with ``expand_dims`` ``(batch, frames, frequencies, channels)``.

    Source: ``keras/src/layers/preprocessing/stft_spectrogram.py``.
    """

    ranks = (3,)
    modes = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")

    def configure(self, ctx: Context) -> None:
        given = self.arguments
        self.mode = read.choice(ctx, "mode", given["mode"], self.modes)
        read.choice(ctx, "scaling", given["scaling"], ("density", "spectrum", None))
        self.padding = read.lower_case_padding(ctx, given["padding"], ("valid", "same"))
        self.data_format = read.data_format(ctx, given["data_format"])
        self.frame = read.positive(ctx, "frame_length", given["frame_length"])
        self.step = floor_divide(self.frame, 2) if not given["frame_step"] else read.dim(given["frame_step"])
        self.bins = self._frequencies(ctx)
        if isinstance(self.step, int) and isinstance(self.frame, int) and not 1 <= self.step <= self.frame:
            wanted = f"1 to frame_length={self.frame}"
            raise Refused(ArgumentSize(ctx.operation, "frame_step", str(self.step), wanted))

    def _frequencies(self, ctx: Context) -> Dim:
        length, frame = self.arguments["fft_length"], self.frame
        if isinstance(length, int) and not isinstance(length, bool):
            if isinstance(frame, int) and length < frame:
                wanted = f"at least frame_length={frame}"
                raise Refused(ArgumentSize(ctx.operation, "fft_length", str(length), wanted))
            return length // 2 + 1
        if length is not None or not isinstance(frame, int):
            return UNKNOWN
        return (1 << (frame - 1).bit_length()) // 2 + 1

    def feature_axis(self) -> int | None:
        return None if isinstance(self.data_format, Unknown) else channel_axis(self.data_format)

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        if isinstance(self.mode, Unknown):
            return {"kernel": (UNKNOWN,)}
        shape: Shape = (self.frame, 1, self.bins)
        left_out = {"real": "imag_kernel", "imag": "real_kernel"}.get(self.mode or "")
        return {name: shape for name in ("real_kernel", "imag_kernel") if name != left_out}

    def output(self, ctx: Context, x: Tensor) -> object:
        expand = self.arguments["expand_dims"]
        if isinstance(x.shape, Unknown) or isinstance(self.data_format, Unknown) or isinstance(self.mode, Unknown):
            return Tensor(UNKNOWN, self.compute_dtype, x.kind)
        if not isinstance(expand, bool):
            return Tensor(UNKNOWN, self.compute_dtype, x.kind)
        (frames,) = slide(ctx, x, self.data_format, (self.frame,), (self.step,), (1,), self.padding)
        channels = x.shape[channel_axis(self.data_format)]
        bins = multiply(self.bins, 2) if self.mode == "stft" else self.bins
        inner: Shape = (frames, bins, channels) if expand else (frames, multiply(bins, channels))
        if self.data_format == "channels_first":
            inner = (channels, frames, bins) if expand else (inner[1], frames)
        return Tensor((x.shape[0], *inner), self.compute_dtype, x.kind)
