"""The metaclass: the class statement of a Word or a Record is a Construct.

What the class offers comes before the fields of its instances, so that a field may be called
`size`, `name` or `offset`. The metaclass knows neither bits nor bytes: the root classes, Word and
Record, make the codecs of their subclasses in `_define`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, dataclass_transform, overload

from kobjects.classbody import own_fields
from kobjects.codec import Codec
from kobjects.engine import ArrayOf, Engine
from kobjects.errors import AbstractError, inside, unknown_name
from kobjects.field import Specifier

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from kobjects.source import Source

    class FieldsOf(Generic[T]):
        """`X.fields` of a class, which has fields of this kind; its values do not show it."""

        def __get__(self, instance: None, owner: Any) -> Mapping[str, T]: ...

    class BuildMethod:
        """`X.build(value)` of a class, `x.build()` of a value."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Callable[..., bytes]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Callable[[], bytes]: ...
        def __get__(self, instance: object, owner: Any) -> Callable[..., bytes]: ...


__all__ = ["ArrayOf", "Engine", "Schema"]


def pinned(method: F) -> F:
    """A method of the metaclass that no field can hide: to Python it is a property."""
    return cast(F, property(partial(MethodType, method), doc=method.__doc__))


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=False)
class Schema(type, Engine):
    """The type of Word and Record classes.

    Class arguments: `source` is the section of the manual that defines the structure; the others
    are what `_options` of the root class names.
    """

    _specifiers: dict[str, tuple[Specifier, Any]]
    _source: Source | None
    _options: tuple[str, ...]

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        source: Source | None = None,
        **options: Any,
    ) -> Any:
        parents = [base for base in bases if isinstance(base, Schema)]
        codec = None
        with inside(name):
            own = own_fields(namespace, sys._getframe(1))
            specifiers = {k: v for base in reversed(parents) for k, v in base._specifiers.items()}
            arrange = getattr(parents[0], "_arrange", None) if parents else None
            specifiers = arrange(specifiers, own) if arrange else specifiers | own
            for option in options:
                if parents and option not in parents[0]._options:
                    raise unknown_name("the class", option, parents[0]._options, "argument")
            if parents:
                define = cast(Any, parents[0])._define
                codec = define(name, specifiers, bool(own), **options)
        body = {key: value for key, value in namespace.items() if key not in own}
        body |= {"__slots__": (), "_codec": codec, "_specifiers": specifiers}
        if codec:
            body |= {key: _absent(key) for base in parents for key in base._specifiers}
            body |= codec.properties
        if source or not parents:
            body["_source"] = source
        cls = super().__new__(mcls, name, bases, body)
        if codec:
            codec.bind(cls)
        return cls

    def __init__(cls, name: str, bases: Any, namespace: Any, **options: Any) -> None:
        type.__init__(cls, name, bases, namespace)

    if not TYPE_CHECKING:  # Word and Record say of what kind

        @property
        def fields(cls):
            """The fields by name, in the order of declaration."""
            return MappingProxyType(cls._concrete().fields)

    @property
    def source(cls) -> Source | None:
        """The section of the manual that defines it."""
        return cls._source

    @property
    def least(cls) -> int:
        """The fewest bytes that a value has: `size`, unless that varies."""
        return cls._concrete().least

    @property
    def origin(cls) -> int:
        """The offset in bytes at which pointers to the structure point."""
        return getattr(cls._concrete(), "origin", 0)

    @property
    def __signature__(cls) -> inspect.Signature:
        kind = inspect.Parameter.KEYWORD_ONLY
        fields = [] if cls._codec is None else cast(Any, cls).fields.values()
        return inspect.Signature(
            [inspect.Parameter(f.name, kind, default=f.default, annotation=f.type) for f in fields]
        )

    @pinned
    def parse(cls: type[T], data: Any, **contextkw: Any) -> T:
        """The value at the start of a bytes-like object; what follows is left alone."""
        return cast(T, cast(Any, cls)._decode(data))

    build = pinned(Engine.build)
    sizeof = pinned(Engine.sizeof)
    offset = pinned(Engine.offset)
    view = pinned(Engine.view)
    columns = pinned(Engine.columns)

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # Construct says Array
        def __getitem__(cls: type[T], count: int) -> ArrayOf[T]: ...
        @overload
        def __getitem__(cls, count: Callable[[Any], int]) -> Any: ...
        def __getitem__(cls, count: Any) -> Any: ...

    def _concrete(cls) -> Codec:
        if cls._codec is None:
            raise AbstractError(f"{cls.__name__} is abstract: it has no size")
        return cast(Codec, cls._codec)

    def __repr__(cls) -> str:
        if cls._codec is None:
            return f"<{cls.__name__}>"
        varies = "" if cls._codec.format else "at least "
        return f"<{cls.__name__}, {varies}{cls.least} bytes>"


def _absent(name: str) -> Any:
    """Hides a field of the parent that the class has not: its tail."""

    def refuse(self: Any) -> Any:
        raise unknown_name(type(self).__name__, name, type(self).fields)

    return property(refuse)


# What Construct asks of the members of a Struct. As class attributes they would take these names
# away from fields.
for _name, _value in {"name": None, "docs": "", "flagbuildnone": False, "parsed": None}.items():
    setattr(Schema, _name, property(partial(lambda value, cls: value, _value)))
