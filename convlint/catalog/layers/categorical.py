"""Layers that turn words and numbers into indices, and indices into one-hot rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Layer
from convlint.catalog.layers.merging import merged_kind
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import ArgumentSize, MergeShapeMismatch
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Unknown, proved_different
from convlint.shapes.shape import AnyShape, show_shape


class Encoding(Layer):
    """Indices, or rows of ``depth`` numbers for them.

    Shape: ``(batch, ..., n)`` to itself with ``output_mode="int"``, to ``(batch, ..., n, depth)`` with
    ``"one_hot"`` (``(batch, ..., depth)`` where n is 1), else to ``(batch, ..., depth)``.
    """

    takes_numbers = True
    modes: ClassVar[tuple[str, ...]] = ("int", "one_hot", "multi_hot", "count")
    old_words: ClassVar[dict[str, str]] = {}
    """Output modes as Keras 2 wrote them, where Keras 3 still takes them."""

    def configure(self, ctx: Context) -> None:
        given = self.arguments["output_mode"]
        word = self.old_words.get(given, given) if isinstance(given, str) else given
        self.mode = read.choice(ctx, "output_mode", word, self.modes)
        self.depth: Dim = UNKNOWN

    def indices(self, x: Tensor) -> Tensor:
        """The output of the mode ``int``."""
        return Tensor(x.shape, UNKNOWN, x.kind)

    def encoded_dtype(self) -> str | Unknown:
        """The type of the rows."""
        return self.compute_dtype

    def output(self, ctx: Context, x: Tensor) -> object:
        if self.mode == "int":
            return self.indices(x)
        if x.kind is Kind.SYMBOLIC:
            return Tensor(self.encoded(x.shape), self.encoded_dtype(), x.kind)
        # Called on values of more axes than two, the modes that count sum over another axis than they say.
        sums = self.mode != "one_hot" and x.rank is not None and x.rank > 2
        return Tensor(UNKNOWN if sums else self.encoded(x.shape), UNKNOWN, x.kind)

    def encoded(self, shape: AnyShape) -> AnyShape:
        """The shape of the rows."""
        if isinstance(shape, Unknown) or isinstance(self.mode, Unknown):
            return UNKNOWN
        if not shape:
            return (self.depth,)
        if self.mode == "one_hot" and not isinstance(shape[-1], int):
            # A last axis of free length is counted as longer than 1 while the model is put together.
            return (*shape, self.depth) if shape[-1] is DYNAMIC else UNKNOWN
        if self.mode == "one_hot" and not (shape[-1] == 1 and len(shape) > 1):
            return (*shape, self.depth)
        return (*shape[:-1], self.depth)


@layer("CategoryEncoding(num_tokens=None, output_mode='multi_hot', sparse=False)")
class CategoryEncoding(Encoding):
    """Integers below ``num_tokens`` as rows.

    Source: ``keras/src/layers/preprocessing/category_encoding.py``.
    """

    modes = ("multi_hot", "one_hot", "count")
    old_words: ClassVar[dict[str, str]] = {"binary": "multi_hot"}
    min_rank = 0

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        if self.arguments["num_tokens"] is None:
            raise Refused(ArgumentSize(ctx.operation, "num_tokens", "None", "a whole number above 0"))
        self.depth = read.positive(ctx, "num_tokens", self.arguments["num_tokens"])


@layer(
    "Discretization(bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode='int', sparse=False, dtype=None, "
    "name=None)"
)
class Discretization(Encoding):
    """The number of the bin that a value falls into.

    Source: ``keras/src/layers/preprocessing/discretization.py``.
    """

    closed = True

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        boundaries, bins = self.arguments["bin_boundaries"], self.arguments["num_bins"]
        if boundaries is None and bins is None:
            raise Refused(ArgumentSize(ctx.operation, "num_bins", "None", "a number of bins, or bin_boundaries"))
        if boundaries is not None and isinstance(bins, int):
            raise Refused(ArgumentSize(ctx.operation, "num_bins", str(bins), "no number, as bin_boundaries are given"))
        if isinstance(bins, int) and not isinstance(bins, bool) and bins < 0:
            raise Refused(ArgumentSize(ctx.operation, "num_bins", str(bins), "a whole number, 0 or more"))
        if isinstance(boundaries, list | tuple):
            self.depth = len(boundaries) + 1
        elif boundaries is None:
            self.depth = read.dim(bins)

    def indices(self, x: Tensor) -> Tensor:
        return Tensor(x.shape, "int32" if self.arguments["dtype"] is None else UNKNOWN, x.kind)

    def encoded(self, shape: AnyShape) -> AnyShape:
        # Its symbolic form forgets the second axis of all but the last mode, whatever the rank.
        if isinstance(shape, Unknown) or self.mode == "one_hot" or len(shape) <= 2:
            return super().encoded(shape)
        return UNKNOWN


@layer("Hashing(num_bins, mask_value=None, salt=None, output_mode='int', sparse=False)")
class Hashing(Encoding):
    """The hash of a value, below ``num_bins``.

    Source: ``keras/src/layers/preprocessing/hashing.py``.
    """

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        if self.arguments["num_bins"] is None:
            raise Refused(ArgumentSize(ctx.operation, "num_bins", "None", "a whole number above 0"))
        self.depth = read.positive(ctx, "num_bins", self.arguments["num_bins"])
        dtype = self.arguments.get("dtype")
        if self.mode == "int" and isinstance(dtype, str) and dtype not in ("int32", "int64"):
            raise Refused(ArgumentSize(ctx.operation, "dtype", repr(dtype), '"int32" or "int64" for numbers'))

    def encoded_dtype(self) -> str | Unknown:
        return "float32" if self.arguments.get("dtype") is None else UNKNOWN

    def encoded(self, shape: AnyShape) -> AnyShape:
        if isinstance(shape, Unknown) or self.mode != "one_hot":
            return super().encoded(shape)
        # Built, it encodes the last axis like the other modes; called on values, only an axis of 1.
        return (*shape[:-1], self.depth) if shape and shape[-1] == 1 else UNKNOWN


@layer("HashedCrossing(num_bins, output_mode='int', sparse=False, name=None, dtype=None)")
class HashedCrossing(Encoding):
    """The hash of a pair of values.

    Shape: two tensors ``(batch, 1)`` or ``(batch,)`` of one shape.

    Source: ``keras/src/layers/preprocessing/hashed_crossing.py``.
    """

    takes_many = True
    modes = ("int", "one_hot")

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.depth = read.positive(ctx, "num_bins", self.arguments["num_bins"])

    def merge(self, ctx: Context, tensors: list[Tensor]) -> object:
        if len(tensors) < 2:
            raise Refused(ArgumentSize(ctx.operation, "inputs", f"{len(tensors)} tensors", "2 tensors"))
        kind, first, second = merged_kind(tensors), tensors[0].shape, tensors[1].shape
        if isinstance(first, Unknown) or isinstance(second, Unknown) or len(tensors) != 2:
            return Tensor(UNKNOWN, UNKNOWN, kind)
        if first and second and proved_different(first[-1], second[-1]):
            raise Refused(MergeShapeMismatch(ctx.operation, first, second))
        for shape in (first, second):
            if len(shape) > 2 or (len(shape) == 2 and isinstance(shape[1], int) and shape[1] != 1):
                wanted = "tensors of shape (batch,) or (batch, 1)"
                raise Refused(ArgumentSize(ctx.operation, "inputs", f"a tensor of shape {show_shape(shape)}", wanted))
        if self.mode == "int":
            return Tensor(first, UNKNOWN, kind)
        return Tensor(self.encoded(first), UNKNOWN, kind)


class Lookup(Encoding):
    """The place of a value in a vocabulary.

    Source: ``keras/src/layers/preprocessing/index_lookup.py``.
    """

    passed_on = frozenset({"has_input_vocabulary", "vocabulary_size"})
    modes = ("int", "one_hot", "multi_hot", "count", "tf_idf")
    old_words: ClassVar[dict[str, str]] = {"binary": "multi_hot", "tf-idf": "tf_idf"}

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        given = self.arguments
        most, unknowns = given["max_tokens"], given["num_oov_indices"]
        if isinstance(most, int) and not isinstance(most, bool) and most <= 1:
            raise Refused(ArgumentSize(ctx.operation, "max_tokens", str(most), "a whole number above 1"))
        if most is None and given["pad_to_max_tokens"] is True:
            wanted = "a number, as pad_to_max_tokens=True"
            raise Refused(ArgumentSize(ctx.operation, "max_tokens", "None", wanted))
        if isinstance(unknowns, int) and unknowns < 0:
            raise Refused(ArgumentSize(ctx.operation, "num_oov_indices", str(unknowns), "a whole number, 0 or more"))
        if given["invert"] is True and isinstance(self.mode, str) and self.mode != "int":
            raise Refused(ArgumentSize(ctx.operation, "output_mode", repr(self.mode), '"int", as invert=True'))
        words = given["vocabulary"]
        # Keras refuses an empty vocabulary, too; in a program it is the default of what is filled elsewhere.
        if isinstance(words, list | tuple) and words:
            self._check_words(ctx, words)
        self.depth = self._depth(words)

    def _check_words(self, ctx: Context, words: Sequence[object]) -> None:
        if all(isinstance(word, str | int) for word in words):
            twice = next((word for index, word in enumerate(words) if word in words[:index]), None)
            if twice is not None:
                raise Refused(ArgumentSize(ctx.operation, "vocabulary", show_value(twice) + " twice", "each term once"))

    def _depth(self, words: object) -> Dim:
        given = self.arguments
        if given["pad_to_max_tokens"] is True:
            return read.dim(given["max_tokens"])
        unknowns, special = given["num_oov_indices"], (given["mask_token"], given["oov_token"])
        if not isinstance(words, list | tuple) or not all(isinstance(word, str | int) for word in words):
            return UNKNOWN
        if not isinstance(unknowns, int) or any(word in special for word in words):
            return UNKNOWN
        return len(words) + unknowns if special[0] is None else UNKNOWN

    def indices(self, x: Tensor) -> Tensor:
        return Tensor(x.shape, "int64" if self.arguments["invert"] is False else UNKNOWN, x.kind)

    def encoded_dtype(self) -> str | Unknown:
        return "float32" if self.arguments.get("dtype") is None else UNKNOWN


@layer(
    "IntegerLookup(max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None, "
    "vocabulary_dtype='int64', idf_weights=None, invert=False, output_mode='int', sparse=False, "
    "pad_to_max_tokens=False, oov_method='floormod', salt=None, name=None)"
)
class IntegerLookup(Lookup):
    """The place of an integer."""


@layer(
    "StringLookup(max_tokens=None, num_oov_indices=1, mask_token=None, oov_token='[UNK]', vocabulary=None, "
    "idf_weights=None, invert=False, output_mode='int', pad_to_max_tokens=False, sparse=False, encoding='utf-8', "
    "name=None, salt=None)"
)
class StringLookup(Lookup):
    """The place of a string."""

    passed_on = Lookup.passed_on | {"oov_method"}


@layer(
    "TextVectorization(max_tokens=None, standardize='lower_and_strip_punctuation', split='whitespace', ngrams=None, "
    "output_mode='int', output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, idf_weights=None, "
    "sparse=False, ragged=False, encoding='utf-8', name=None)"
)
class TextVectorization(Layer):
    """Sentences as rows of word numbers.

    Shape: ``(batch,)`` or ``(batch, 1)`` to ``(batch, output_sequence_length)``; with another
    ``output_mode`` to ``(batch, vocabulary)``. A single sentence, as ``Dataset.map`` hands it over, is a
    row without the batch.

    Source: ``keras/src/layers/preprocessing/text_vectorization.py``.
    """

    takes_numbers = True
    min_rank = 0
    passed_on = Lookup.passed_on
    modes: ClassVar[tuple[str, ...]] = Lookup.modes
    old_words: ClassVar[dict[str, str]] = Lookup.old_words
    cleanings: ClassVar[tuple[str | None, ...]] = (
        "lower_and_strip_punctuation", "lower", "strip_punctuation", None,
    )  # fmt: skip

    def configure(self, ctx: Context) -> None:
        given = self.arguments
        word = given["output_mode"]
        word = self.old_words.get(word, word) if isinstance(word, str) else word
        self.mode = read.choice(ctx, "output_mode", word, self.modes)
        read.choice(ctx, "standardize", given["standardize"], self.cleanings)
        read.choice(ctx, "split", given["split"], ("whitespace", "character", None))
        length = given["output_sequence_length"]
        self.length: Dim = read.dim(length)
        if length is not None and isinstance(self.mode, str) and self.mode != "int":
            wanted = f"None, as output_mode={self.mode!r}"
            raise Refused(ArgumentSize(ctx.operation, "output_sequence_length", show_value(length), wanted))

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown) or isinstance(self.mode, Unknown) or self.mode == "one_hot":
            return Tensor(UNKNOWN, UNKNOWN, x.kind)
        if self.mode == "int":
            # Called on values it knows how long the longest row is; nobody knows before.
            free = self.length is DYNAMIC and not x.is_symbolic
            ragged = self.arguments["ragged"] is not False
            return Tensor((*x.shape[:1], UNKNOWN if free or ragged else self.length), "int64", x.kind)
        if len(x.shape) > 1:
            # Put together it says (batch, 1, vocabulary); called on values it gives (batch, vocabulary).
            return Tensor(UNKNOWN, UNKNOWN, x.kind)
        depth = self.arguments["max_tokens"] if self.arguments["pad_to_max_tokens"] is True else UNKNOWN
        return Tensor((*x.shape[:1], read.dim(depth)), "float32" if x.kind is Kind.SYMBOLIC else UNKNOWN, x.kind)
