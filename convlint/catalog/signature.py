"""Signatures of layers and functions, and the binding of a call's arguments to them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import field
from difflib import get_close_matches
from functools import cache, cached_property

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import IGNORED_WORDS, REMOVED_LAYER_WORDS, modernise_keras1, torch_rename
from convlint.lazy import dataclass
from convlint.problems import MissingArgument, RemovedArgument, TorchArgument, UnknownArgument
from convlint.shapes.dims import UNKNOWN


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Parameter:
    """One parameter as users write it (``name``) and as the rule calls it (``target``)."""

    name: str
    target: str
    default: object = REQUIRED
    keyword_only: bool = False


@dataclass(frozen=True)
class Signature:
    """A callable's parameters.

    Attributes:
        name: the callable's public name without its module (``Conv2D``).
        parameters: in order.
        extra_keywords: parameters that every layer takes and no entry lists.
        takes_any_keyword: the callable has ``**kwargs`` whose names are not known.
        rest: the rule's name for ``*args``, or None.
    """

    name: str
    parameters: tuple[Parameter, ...]
    extra_keywords: frozenset[str] = frozenset()
    takes_any_keyword: bool = False
    rest: str | None = None
    by_name: Mapping[str, Parameter] = field(default_factory=dict, compare=False)

    @cached_property
    def positional(self) -> tuple[Parameter, ...]:
        """Parameters that may be given by position."""
        return tuple(p for p in self.parameters if not p.keyword_only)

    @property
    def is_layer(self) -> bool:
        """Whether this is the constructor of a layer that says which keywords it takes."""
        return bool(self.extra_keywords) and not self.takes_any_keyword

    def accepts(self, keyword: str) -> bool:
        """Whether a call may use this keyword."""
        return self.takes_any_keyword or keyword in self.by_name or keyword in self.extra_keywords


@cache
def parse_signature(text: str, extra_keywords: frozenset[str] = frozenset()) -> Signature:
    """Read ``"reshape(a: x, shape: target, order='C')"``.

    The annotation of a parameter is the name under which the rule receives it; without one
    the rule uses the library's own name.
    """
    name, _, parameters = text.partition("(")
    arguments = ast.parse(f"def _({parameters}: pass").body[0].args  # type: ignore[attr-defined]
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [REQUIRED] * (len(plain) - len(arguments.defaults)) + [ast.literal_eval(d) for d in arguments.defaults]
    found = [_parameter(arg, default, False) for arg, default in zip(plain, defaults)]
    for arg, node in zip(arguments.kwonlyargs, arguments.kw_defaults):
        found.append(_parameter(arg, REQUIRED if node is None else ast.literal_eval(node), True))
    return Signature(
        name.rpartition(".")[2],
        tuple(found),
        extra_keywords,
        arguments.kwarg is not None,
        None if arguments.vararg is None else arguments.vararg.arg,
        {parameter.name: parameter for parameter in found},
    )


def _parameter(arg: ast.arg, default: object, keyword_only: bool) -> Parameter:
    target = ast.unparse(arg.annotation) if arg.annotation is not None else arg.arg
    return Parameter(arg.arg, target, default, keyword_only)


class Arguments(dict[str, object]):
    """The arguments of a call by the names of the rule, defaults filled in; ``given`` are those that the call holds."""

    given: frozenset[str] = frozenset()


def bind(
    ctx: Context,
    signature: Signature,
    positional: Sequence[object],
    keywords: Mapping[str, object],
    *,
    open_ended: bool = False,
) -> Arguments:
    """Bind a call's arguments to the names that the rule uses.

    Args:
        ctx: receives what is noted by the way (words of Keras 1 and PyTorch).
        signature: of the callable.
        positional: values given by position.
        keywords: values given by name.
        open_ended: whether the call also passes ``*args`` or ``**kwargs`` that are not known.

    Returns:
        A value for every parameter; defaults filled in, ``UNKNOWN`` for what an open-ended
        call may have given. Extra keywords of layers appear under their own names.

    Raises:
        Refused: the call does not fit the signature.
    """
    positional, keywords, keras1 = modernise_keras1(ctx, signature.name, signature.by_name.keys(), positional, keywords)
    if keras1 is not None:
        ctx.fault(keras1)
    bound = Arguments()
    slots = signature.positional
    if len(positional) > len(slots) and signature.rest is None:
        raise Refused(UnknownArgument(ctx.operation, f"positional argument {len(slots) + 1}", ""))
    for parameter, value in zip(slots, positional):
        bound[parameter.target] = value
    if signature.rest is not None:
        bound[signature.rest] = tuple(positional[len(slots) :])
    for keyword, value in keywords.items():
        parameter_or_none = signature.by_name.get(keyword)
        if parameter_or_none is not None:
            bound[parameter_or_none.target] = value
        elif ctx.keras >= 3 and signature.is_layer and keyword in REMOVED_LAYER_WORDS:
            if (signature.name, keyword) not in IGNORED_WORDS:
                ctx.fault(RemovedArgument(ctx.operation, keyword, ""))
            bound[keyword] = value
        elif signature.accepts(keyword):
            bound[keyword] = value
        else:
            _bind_foreign_keyword(ctx, signature, keyword, value, bound)
    bound.given = frozenset(bound)
    for parameter in signature.parameters:
        if parameter.target not in bound:
            bound[parameter.target] = _absent(ctx, parameter, open_ended)
    return bound


def _absent(ctx: Context, parameter: Parameter, open_ended: bool) -> object:
    if open_ended:
        return UNKNOWN
    if parameter.default is REQUIRED:
        raise Refused(MissingArgument(ctx.operation, parameter.name))
    return parameter.default


def _bind_foreign_keyword(
    ctx: Context, signature: Signature, keyword: str, value: object, bound: dict[str, object]
) -> None:
    renamed = torch_rename(keyword, signature.by_name.keys())
    if renamed is None:
        nearest = get_close_matches(keyword, [*signature.by_name, *signature.extra_keywords], n=1, cutoff=0.75)
        raise Refused(UnknownArgument(ctx.operation, keyword, nearest[0] if nearest else ""))
    ctx.fault(TorchArgument(ctx.operation, keyword, renamed))
    if renamed:
        bound.setdefault(signature.by_name[renamed].target, value)
