"""Fourier transforms, windows and frames of signals."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.registry import function
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import ArgumentSize, MergeShapeMismatch, UndefinedFeatureDim
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, proved_different
from convlint.shapes.shape import AnyShape, Shape


def _parts(ctx: Context, x: object) -> tuple[Tensor, Tensor]:
    """Real and imaginary part, which have one shape."""
    if not isinstance(x, list | tuple) or len(x) != 2:
        if isinstance(x, Tensor | list | tuple):
            raise Refused(ArgumentSize(ctx.operation, "x", "no pair", "a tuple of the real and the imaginary part"))
        return Tensor(), Tensor()
    real, imaginary = as_tensor(x[0]), as_tensor(x[1])
    a, b = real.shape, imaginary.shape
    if isinstance(a, tuple) and isinstance(b, tuple) and (len(a) != len(b) or any(map(proved_different, a, b))):
        raise Refused(MergeShapeMismatch(ctx.operation, a, b))
    return real, imaginary


@function(
    "keras.ops.fft(x)",
    "keras.ops.fft2(x)",
    "keras.ops.ifft2(x)",
)
def transform(ctx: Context, x: object, called: str) -> object:
    """Real and imaginary part to real and imaginary part of the same shape.

    Source: ``keras/src/ops/math.py``.
    """
    real, imaginary = _parts(ctx, x)
    rank = 1 if called.endswith("fft") else 2
    if real.rank is not None and real.rank < rank:
        raise Refused(ArgumentSize(ctx.operation, "x", f"tensors of {real.rank} axes", f"{rank} axes or more"))
    kind = kind_of(called, real, imaginary)
    for axis in range(-rank, 0):
        if isinstance(real.shape, tuple) and isinstance(real.shape[axis], Dynamic):
            raise Refused(UndefinedFeatureDim(ctx.operation, axis % len(real.shape), real.shape))
    return Tensor(real.shape, real.dtype, kind), Tensor(real.shape, real.dtype, kind)


def _with_last(shape: AnyShape, size: Dim) -> AnyShape:
    return UNKNOWN if isinstance(shape, Unknown) or not shape else (*shape[:-1], size)


def _half(length: object) -> Dim:
    size = read.dim(length)
    return size // 2 + 1 if isinstance(size, int) else UNKNOWN


@function(
    "keras.ops.rfft(x, fft_length: length=None)",
)
def real_transform(ctx: Context, x: object, length: object, called: str) -> object:
    """``(..., n)`` to two parts ``(..., n // 2 + 1)``."""
    tensor = as_tensor(x)
    last = UNKNOWN if isinstance(tensor.shape, Unknown) or not tensor.shape else tensor.shape[-1]
    size: Dim = _half(length) if length is not None else _half(last) if isinstance(last, int) else last
    one = Tensor(_with_last(tensor.shape, size), tensor.dtype, kind_of(called, tensor))
    return one, one


@function(
    "keras.ops.irfft(x, fft_length: length=None)",
)
def inverse_real_transform(ctx: Context, x: object, length: object, called: str) -> Tensor:
    """Two parts ``(..., n)`` to ``(..., 2 * (n - 1))``."""
    real, imaginary = _parts(ctx, x)
    last = UNKNOWN if isinstance(real.shape, Unknown) or not real.shape else real.shape[-1]
    size: Dim = read.dim(length) if length is not None else 2 * (last - 1) if isinstance(last, int) else last
    return Tensor(_with_last(real.shape, size), real.dtype, kind_of(called, real, imaginary))


@function(
    "keras.ops.stft(x, sequence_length: length, sequence_stride: step, fft_length, window='hann', center=True)",
)
def short_time(
    ctx: Context, x: object, length: object, step: object, fft_length: object, center: object, called: str
) -> object:
    """``(..., samples)`` to two parts ``(..., frames, fft_length // 2 + 1)``."""
    tensor = as_tensor(x)
    kind, bins, stride, whole = kind_of(called, tensor), _half(fft_length), read.dim(step), read.dim(fft_length)
    frames: Dim = UNKNOWN
    last = UNKNOWN if isinstance(tensor.shape, Unknown) or not tensor.shape else tensor.shape[-1]
    if isinstance(last, int) and isinstance(stride, int) and isinstance(whole, int) and isinstance(center, bool):
        padded = last + 2 * (whole // 2) if center else last
        frames = 1 + (padded - whole) // stride if padded >= whole else UNKNOWN
    shape: AnyShape = UNKNOWN
    if isinstance(tensor.shape, tuple) and tensor.shape:
        shape = (*tensor.shape[:-1], frames, bins)
    one = Tensor(shape, tensor.dtype, kind)
    return one, one


@function(
    "keras.ops.bartlett(x: n)",
    "keras.ops.blackman(x: n)",
    "keras.ops.hamming(x: n)",
    "keras.ops.hanning(x: n)",
    "keras.ops.kaiser(x: n, beta)",
    "numpy.bartlett(M: n)",
    "numpy.blackman(M: n)",
    "numpy.hamming(M: n)",
    "numpy.hanning(M: n)",
    "numpy.kaiser(M: n, beta)",
)
def window(ctx: Context, n: object, called: str) -> Tensor:
    """The numbers of a window."""
    size = read.dim(n)
    return Tensor((size,), UNKNOWN, Kind.ARRAY if called.startswith("numpy.") else Kind.EAGER)


@function(
    "tensorflow.signal.fft(input: x, name=None)",
    "tensorflow.signal.fft2d(input: x, name=None)",
    "tensorflow.signal.fft3d(input: x, name=None)",
    "tensorflow.signal.ifft(input: x, name=None)",
    "tensorflow.signal.ifft2d(input: x, name=None)",
    "tensorflow.signal.ifft3d(input: x, name=None)",
    "tensorflow.signal.dct(input: x, type=2, n=None, axis=-1, norm=None, name=None)",
    "tensorflow.signal.idct(input: x, type=2, n=None, axis=-1, norm=None, name=None)",
    "tensorflow.signal.fftshift(x, axes=None, name=None)",
    "tensorflow.signal.ifftshift(x, axes=None, name=None)",
    "numpy.fft.fftshift(x, axes=None)",
    "numpy.fft.ifftshift(x, axes=None)",
)
def same_spectrum(ctx: Context, x: object, called: str, n: object = None) -> Tensor:
    """As many frequencies as samples."""
    tensor = as_tensor(x)
    shape = tensor.shape if n is None else _with_last(tensor.shape, read.dim(n))
    return Tensor(shape, UNKNOWN, kind_of(called, tensor))


@function(
    "tensorflow.signal.frame(signal: x, frame_length: length, frame_step: step, pad_end=False, pad_value=0, "
    "axis=-1, name=None)",
)
def frame(ctx: Context, x: object, length: object, step: object, axis: object, pad_end: object, called: str) -> Tensor:
    """``(..., samples)`` to ``(..., frames, length)``."""
    tensor, size, stride = as_tensor(x), read.dim(length), read.dim(step)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or not tensor.shape or axis != -1 or pad_end is not False:
        return Tensor(UNKNOWN, tensor.dtype, kind)
    return Tensor((*tensor.shape[:-1], _frames(tensor.shape[-1], size, stride), size), tensor.dtype, kind)


def _frames(samples: Dim, size: Dim, stride: Dim) -> Dim:
    """How many windows of a size fit."""
    if not isinstance(samples, int) or not isinstance(size, int) or not isinstance(stride, int) or stride < 1:
        return UNKNOWN
    return max(0, 1 + (samples - size) // stride)


@function(
    "tensorflow.signal.stft(signals: x, frame_length: length, frame_step: step, fft_length=None, window_fn=None, "
    "pad_end=False, name=None)",
)
def tf_stft(
    ctx: Context, x: object, length: object, step: object, fft_length: object, pad_end: object, called: str
) -> Tensor:
    """``(..., samples)`` to ``(..., frames, fft_length // 2 + 1)``; the length is a power of two unless given."""
    tensor, size, stride = as_tensor(x), read.dim(length), read.dim(step)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return Tensor(UNKNOWN, UNKNOWN, kind)
    bins = _half(fft_length)
    if fft_length is None and isinstance(size, int):
        bins = (1 << (size - 1).bit_length()) // 2 + 1
    frames = _frames(tensor.shape[-1], size, stride) if pad_end is False else UNKNOWN
    shape: Shape = (*tensor.shape[:-1], frames, bins)
    return Tensor(shape, UNKNOWN, kind)


@function(
    "tensorflow.signal.linear_to_mel_weight_matrix(num_mel_bins: mels=20, num_spectrogram_bins: bins=129, "
    "sample_rate=8000, lower_edge_hertz=125.0, upper_edge_hertz=3800.0, dtype='float32', name=None)",
)
def mel_matrix(ctx: Context, mels: object, bins: object) -> Tensor:
    """``(num_spectrogram_bins, num_mel_bins)``."""
    return Tensor((read.dim(bins), read.dim(mels)), UNKNOWN, Kind.EAGER)


@function(
    "tensorflow.signal.mfccs_from_log_mel_spectrograms(log_mel_spectrograms: x, name=None)",
)
def cepstrum(ctx: Context, x: object, called: str) -> Tensor:
    """As many coefficients as mel bins."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor))


@function(
    "tensorflow.signal.hamming_window(window_length: n, periodic=True, dtype='float32', name=None)",
    "tensorflow.signal.hann_window(window_length: n, periodic=True, dtype='float32', name=None)",
    "tensorflow.signal.kaiser_window(window_length: n, beta=12.0, dtype='float32', name=None)",
    "tensorflow.signal.vorbis_window(window_length: n, dtype='float32', name=None)",
    "tensorflow.signal.kaiser_bessel_derived_window(window_length: n, beta=12.0, dtype='float32', name=None)",
)
def tf_window(ctx: Context, n: object) -> Tensor:
    """The numbers of a window."""
    return Tensor((read.dim(n),), UNKNOWN, Kind.EAGER)


@function(
    "keras.ops.istft(x, sequence_length, sequence_stride, fft_length, length=None, window='hann', center=True)",
    "tensorflow.signal.rfft(input_tensor: x, fft_length=None, name=None)",
    "tensorflow.signal.rfft2d(input_tensor: x, fft_length=None, name=None)",
    "tensorflow.signal.rfft3d(input_tensor: x, fft_length=None, name=None)",
    "tensorflow.signal.irfft(input_tensor: x, fft_length=None, name=None)",
    "tensorflow.signal.irfft2d(input_tensor: x, fft_length=None, name=None)",
    "tensorflow.signal.irfft3d(input_tensor: x, fft_length=None, name=None)",
    "tensorflow.signal.inverse_stft(stfts: x, frame_length, frame_step, fft_length=None, window_fn=None, name=None)",
    "tensorflow.signal.mdct(signals: x, frame_length, window_fn=None, pad_end=False, norm=None, name=None)",
    "tensorflow.signal.inverse_mdct(mdcts: x, window_fn=None, norm=None, name=None)",
    "tensorflow.signal.overlap_and_add(signal: x, frame_step, name=None)",
    "numpy.fft.fft(a: x, n=None, axis=-1, norm=None, out=None)",
    "numpy.fft.ifft(a: x, n=None, axis=-1, norm=None, out=None)",
    "numpy.fft.fft2(a: x, s=None, axes=(-2, -1), norm=None, out=None)",
    "numpy.fft.ifft2(a: x, s=None, axes=(-2, -1), norm=None, out=None)",
    "numpy.fft.rfft(a: x, n=None, axis=-1, norm=None, out=None)",
    "numpy.fft.irfft(a: x, n=None, axis=-1, norm=None, out=None)",
)
def other_spectrum(ctx: Context, called: str, x: object) -> object:
    """Its length hangs on more than the shape."""
    return UNKNOWN
