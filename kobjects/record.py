"""Records: byte-field schemas. A Record is an immutable tuple whose items have names.

class PartitionEntry(Record, size=16, source=UEFI("Legacy MBR")):
    status: int = u8("0x80: active")
    first: bytes = octets(3, "cylinder, head, sector")
    type: int = u8(at=4)
    last: bytes = octets(3)
    first_lba: int = u32()
    sectors: int = u32()

entry = PartitionEntry(first_lba=2048, sectors=64)
assert PartitionEntry.parse(entry.build()) == entry and PartitionEntry.offset("sectors") == 12
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from kobjects import codec as _codec
from kobjects import recordclass
from kobjects.bytefield import (
    array,
    construct_field,
    nested,
    octets,
    padding,
    reserved_bytes,
    tail,
    u8,
    u16,
    u32,
    u64,
)
from kobjects.codec import Leaf
from kobjects.errors import Finding, unknown_name
from kobjects.items import codec_of
from kobjects.recordcodec import RecordCodec
from kobjects.schema import Schema

if TYPE_CHECKING:
    from kobjects.bytefield import ByteField
    from kobjects.schema import BuildMethod, FieldsOf

    Base = (
        object  # a field may be called `count` or `index`, as a checker would not have in a tuple
    )
else:
    Base = tuple

__all__ = [
    "Leaf",
    "Record",
    "array",
    "construct_field",
    "leaves",
    "nested",
    "octets",
    "padding",
    "reserved_bytes",
    "tail",
    "u8",
    "u16",
    "u32",
    "u64",
]


class Record(Base, metaclass=Schema):
    """Named fields that follow each other in memory: an immutable tuple.

    A subclass with `size=` is a schema: the size in bytes is an assertion against the manual. One
    without is abstract: others inherit its fields, which come first. `origin` is the offset in
    bytes at which pointers to the structure point; `byteorder` is that of the numbers.

    `least=` instead of `size=` makes a schema of variable size that has at least so many bytes.
    `length` names the field that counts the bytes of the whole structure. `by` names the field that
    tells kinds of it apart: a subclass with `tag=` is what is read where the field has that value
    and the size fits; what no subclass fits stays as it is.
    """

    _options = ("size", "origin", "byteorder", "least", "length", "by", "tag")

    if TYPE_CHECKING:
        fields = FieldsOf[ByteField]()
        build = BuildMethod()
    else:

        def __new__(cls, *args, **fields):
            if args:
                raise TypeError(f"{cls.__name__} takes fields by name")
            codec = cls._codec or cls._concrete()
            return codec.create(fields)

        def __getattr__(self, name):
            if name.startswith("__"):  # what copy, pickle and numpy look for
                raise AttributeError(name)
            raise unknown_name(type(self).__name__, name, type(self).fields)

        def build(self):
            """Its bytes."""
            return type(self)._codec.join(self)

    @classmethod
    def _define(
        cls,
        name: str,
        specifiers: Mapping[str, Any],
        adds_fields: bool,
        **options: Any,
    ) -> RecordCodec | None:
        """The codec of a subclass, None for an abstract one."""
        inherited = cast("RecordCodec | None", cls._codec)
        return recordclass.define(inherited, name, specifiers, adds_fields, options)

    _arrange = staticmethod(recordclass.arrange)

    def replace(self, **fields: Any) -> Self:
        """The same Record with some fields changed. Derived fields follow if they were right."""
        codec = cast(RecordCodec, type(self)._codec)
        return cast(Self, codec.change(cast(Any, self), fields))

    __replace__ = replace

    def edit(self, changes: Mapping[str, Any]) -> Self:
        """The same Record with some paths changed: `{"entries[1].flags.user": True}`."""
        from kobjects.path import edit

        return cast(Self, edit(self, changes))

    def asdict(self) -> dict[str, Any]:
        """Every field by name; Records and Words inside are mappings too."""
        return cast("dict[str, Any]", cast(RecordCodec, type(self)._codec).plain(self))

    def check(self) -> list[Finding]:
        """What breaks a rule of the manual, here and inside. A subclass may add its own rules."""
        return list(cast(RecordCodec, type(self)._codec).own_findings(cast(Any, self)))

    def stale(self) -> dict[str, Any]:
        """What the derived fields, here and inside, should be that are not; by path."""
        return dict(cast(RecordCodec, type(self)._codec).stale(self))

    def __bytes__(self) -> bytes:
        return self.build()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(cast(Any, self), cast(Any, other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(cast(Any, self))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        codec = cast(RecordCodec, type(self)._codec)
        return _restore, (type(self), *codec.pickled(self))

    def __repr__(self) -> str:
        from kobjects.show import show_record

        return show_record(self)


def _restore(cls: type[Record], *parts: Any) -> Record:
    return cast(Record, cast(RecordCodec, cls._codec).restore(*parts))


def leaves(schema: Any) -> Iterator[Leaf]:
    """Every leaf of a Record, a Word, an array or a Construct of a fixed size, in address order.

    Together they cover every byte once. A Word is one leaf; `leaf.schema.fields` has its bits.
    SizeError for a schema of variable size.
    """
    codec = codec_of(schema)
    codec.size  # noqa: B018  # raises where there is none
    return _codec.leaves(codec)
