"""The schemas as a Rust module without std, for Rust 1.65 and later.

A Word is a transparent number with masks, shifts and two `const fn` for each field; a Record is a
`repr(C)` struct. The compiler checks every size and offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kobjects.bitfield import BitField
from kobjects.codec import Codec
from kobjects.emit import docs
from kobjects.emit.bitwise import Piece, fits_64_bits, pieces, placed, taken, together
from kobjects.emit.shapes import (
    Claims,
    fixed_fields,
    fixed_size,
    floating_fields,
    in_order,
    is_enumeration,
    is_flags,
    is_machine_number,
    is_natural,
)
from kobjects.items import ArrayCodec, codec_of
from kobjects.recordcodec import RecordCodec
from kobjects.wordcodec import WordCodec

_WORDS = """
abstract as async await become box break const continue crate do dyn else enum extern false final
fn for if impl in let loop macro match mod move mut override priv pub ref return self Self static
struct super trait true try type typeof unsafe unsized use virtual where while yield
"""
KEYWORDS = frozenset(_WORDS.split())
NOT_RAW = frozenset({"crate", "self", "Self", "super"})
"""Keywords that `r#` does not free; they get an underscore behind them."""

LINE = "    "
OPTION, RESULT = "core::option::Option", "core::result::Result"
"""In full, as a schema may be called Result."""

PREAMBLE = """\
// Made by `kpack export --lang rust`: change the schemas, not this file.
#![allow(dead_code, non_camel_case_types, unused_macros, clippy::all)]

/// The offset of a field, as `core::mem::offset_of!` gives it from Rust 1.77 on.
macro_rules! offset {
    ($record:ty, $field:ident) => {{
        let place = core::mem::MaybeUninit::<$record>::uninit();
        let start = place.as_ptr();
        unsafe { core::ptr::addr_of!((*start).$field).cast::<u8>().offset_from(start.cast::<u8>()) }
    }};
}"""


def module(schemas: Iterable[Any]) -> str:
    """A module with these schemas and all that they need, for a file of its own: `mod NAME;`.

    enumeration E  `enum E` of u64, or of i64 if a member is negative, with E::from_raw(number);
                   of flags a transparent number with a constant for each
    Word W         `struct W(number)` with W::FIELD_MASK, W::FIELD_SHIFT (of a contiguous field),
                   w.field(), w.with_field(value) and W::DEFAULT; what is no machine number is its
                   octets. A field of an enumeration E is Result<E, u64>: a number without a name
                   is an Err
    Record R       `struct R`, packed where a compiler would put gaps in; R::ORIGIN if it has one;
                   of one that varies in size the fields up to the first whose place is not fixed

    DefinitionError for what has no name, for two things of one name.
    """
    writer = _Writer()
    blocks = [[PREAMBLE]]
    for schema in in_order(schemas):
        blocks += [list(block) for block in writer.blocks(schema)]
    return docs.joined(blocks)


class _Writer:
    """Writes schemas that share one module."""

    def blocks(self, schema: Any) -> Iterator[Iterable[str]]:
        said = _doc(docs.of(schema))
        if is_enumeration(schema):
            yield [*said, *(_flags(schema) if is_flags(schema) else _enumeration(schema))]
            return
        codec = codec_of(schema)
        if isinstance(codec, WordCodec):
            yield [*said, *_word(codec)]
            yield _impl(codec.name, _constants(codec), *_all_accessors(codec))
        elif isinstance(codec, RecordCodec):
            yield [*said, *_record(codec)]
            if codec.origin:
                text = f"pub const ORIGIN: usize = {codec.origin:#x};"
                yield _impl(codec.name, [text])
            yield _checks(codec)


def _enumeration(schema: Any) -> Iterator[str]:
    """An enum; a second name of a number is a constant, as Rust has one variant a number."""
    said, name = docs.of_members(schema), schema.__name__
    raw = "i64" if any(int(m) < 0 for m in schema.__members__.values()) else "u64"
    yield f"#[repr({raw})]"
    yield "#[derive(Clone, Copy, Debug, PartialEq, Eq)]"
    yield f"pub enum {name} {{"
    for member in schema:
        yield from _doc(said.get(member.name, ""), LINE)
        yield f"{LINE}{_spelled(member.name)} = {_number(int(member))},"
    yield "}"
    yield ""
    aliases = [
        line
        for other, member in schema.__members__.items()
        if other != member.name
        for line in (
            *_doc(said.get(other, "")),
            f"pub const {_spelled(other)}: Self = Self::{_spelled(member.name)};",
        )
    ]
    arms = [
        *(f"{_number(int(m))} => {OPTION}::Some(Self::{_spelled(m.name)})," for m in schema),
        f"_ => {OPTION}::None,",
    ]
    yield from _impl(
        name,
        aliases,
        [
            "/// The member of this number, if there is one.",
            f"pub const fn from_raw(raw: {raw}) -> {OPTION}<Self> {{",
            *(f"{LINE}{line}" for line in _match("raw", arms)),
            "}",
        ],
    )


def _flags(schema: Any) -> Iterator[str]:
    yield from ("#[repr(transparent)]", "#[derive(Clone, Copy, Debug, PartialEq, Eq)]")
    yield f"pub struct {schema.__name__}(pub u64);"
    yield ""
    yield from _impl(
        schema.__name__,
        [
            f"pub const {_spelled(name)}: Self = Self({_number(int(member))});"
            for name, member in schema.__members__.items()
        ],
    )


def _word(codec: WordCodec) -> Iterator[str]:
    yield from ("#[repr(transparent)]", "#[derive(Clone, Copy, Debug, PartialEq, Eq)]")
    yield f"pub struct {codec.name}(pub {_raw(codec)});"
    yield f"const _: () = assert!(core::mem::size_of::<{codec.name}>() == {codec.size});"


def _raw(codec: WordCodec) -> str:
    return f"u{codec.bits}" if is_machine_number(codec) else f"[u8; {codec.size}]"


def _constants(codec: WordCodec) -> list[str]:
    if is_machine_number(codec):
        default = f"{codec.base:#x}"
    else:
        default = str(list(codec.schema.from_int(codec.base).build()))
    lines = [f"pub const DEFAULT: Self = Self({default});"]
    claim = Claims()
    raw = _raw(codec) if is_machine_number(codec) else "u64"
    for field in codec.fields.values():
        if codec.bits > 64:
            break
        mask = claim(f"{field.name.upper()}_MASK", f"{codec.name}.{field.name}")
        if field.reserved:
            lines += _doc(docs.of_bits(field))
        lines.append(f"pub const {mask}: {raw} = {field.mask:#x};")
        if field.shift is not None:
            lines.append(f"pub const {field.name.upper()}_SHIFT: u32 = {field.shift};")
    return lines


def _all_accessors(codec: WordCodec) -> Iterator[list[str]]:
    claim = Claims()
    for field in codec.fields.values():
        if field.reserved or not fits_64_bits(field):
            continue
        for name in (field.name, f"with_{field.name}"):
            claim(name, f"{codec.name}.{field.name}")
        yield _getter(codec, field)
        yield _setter(codec, field)


def _getter(codec: WordCodec, field: BitField) -> list[str]:
    value = together([taken(f"{_source(p)} as u64", p, hex) for p in pieces(codec, field)])
    kind, result = "u64", [value]
    if field.type is bool:
        kind, result = "bool", [f"({value}) != 0"]
    elif is_flags(field.enum):
        kind, result = field.type.__name__, [f"{field.type.__name__}({value})"]
    elif field.enum:
        name = field.type.__name__
        kind = f"{RESULT}<{name}, u64>"
        arms = [
            f"{OPTION}::Some(member) => {RESULT}::Ok(member),",
            f"{OPTION}::None => {RESULT}::Err({value}),",
        ]
        result = _match(f"{name}::from_raw({value})", arms)
    head = f"pub const fn {_spelled(field.name)}(self) -> {kind} {{"
    return [*_doc(docs.of_bits(field)), head, *(LINE + line for line in result), "}"]


def _setter(codec: WordCodec, field: BitField) -> list[str]:
    """Only what the field can hold is kept of a value."""
    kind, value = "u64", "value"
    if field.type is bool:
        kind, value = "bool", "value as u64"
    elif field.enum:
        kind = field.type.__name__
        value = "value.0" if is_flags(field.enum) else "value as u64"
    head = f"pub const fn with_{field.name}(self, value: {kind}) -> Self {{"
    parts = list(pieces(codec, field))
    if is_machine_number(codec):
        raw = _raw(codec)
        bits = together([placed(value, part, hex) for part in parts])
        return [head, f"{LINE}Self(self.0 & !{field.mask:#x} | ({bits}) as {raw})", "}"]
    body = ["let mut octets = self.0;", *(_store(part, value) for part in parts), "Self(octets)"]
    return [head, *(LINE + line for line in body), "}"]


def _store(part: Piece, value: str) -> str:
    target = f"octets[{part.octet}]"
    kept = 0xFF & ~(part.ones << part.low)
    return f"{target} = {target} & {kept:#04x} | ({together([placed(value, part, hex)])}) as u8;"


def _source(part: Piece) -> str:
    return "self.0" if part.octet is None else f"self.0[{part.octet}]"


def _record(codec: RecordCodec) -> Iterator[str]:
    if behind := floating_fields(codec):
        yield from ("///", f"/// Behind it, where the values before say: {behind}.")
    yield "#[repr(C)]" if is_natural(codec) else "#[repr(C, packed)]"
    yield "#[derive(Clone, Copy)]"
    yield f"pub struct {codec.name} {{"
    for field in fixed_fields(codec):
        note = "; ".join(filter(None, [field.doc, docs.of_codec(field.codec)]))
        yield from _doc(note, LINE)
        yield f"{LINE}pub {_spelled(field.name)}: {_type(field.codec)},"
    yield "}"


def _checks(codec: RecordCodec) -> Iterator[str]:
    size = fixed_size(codec)
    yield f"const _: () = assert!(core::mem::size_of::<{codec.name}>() == {size});"
    for field in fixed_fields(codec):
        place = f"offset!({codec.name}, {_spelled(field.name)})"
        yield f"const _: () = assert!({place} == {field.offset:#x});"


def _type(codec: Codec) -> str:
    if isinstance(codec, ArrayCodec):
        return f"[{_type(codec.element)}; {codec.count}]"
    if isinstance(codec, RecordCodec | WordCodec):
        return codec.name
    return f"u{8 * codec.size}" if is_machine_number(codec) else f"[u8; {codec.size}]"


def _impl(name: str, *members: Iterable[str]) -> list[str]:
    """An `impl` block, an empty line between its members."""
    lines: list[str] = []
    for member in filter(None, map(list, members)):
        lines += ["", *(f"{LINE}{line}".rstrip() for line in member)]
    return [f"impl {name} {{", *lines[1:], "}"]


def _match(value: str, arms: Iterable[str]) -> list[str]:
    return [f"match {value} {{", *(f"{LINE}{arm}" for arm in arms), "}"]


def _number(value: int) -> str:
    return str(value) if value < 0 else f"{value:#x}"


def _spelled(name: str) -> str:
    """A name as an identifier."""
    if name in NOT_RAW:
        return f"{name}_"
    return f"r#{name}" if name in KEYWORDS else name


def _doc(text: str, indent: str = "") -> list[str]:
    """A text as the documentation of what follows; nothing for no text."""
    return docs.wrapped(text, f"{indent}/// ", f"{indent}/// ") if text else []
