"""The schemas as a C header: C11 or C++11 of gcc or clang, without a single bit-field.

A Word is a number with masks, shifts and two inline functions for each field, because the order of
C's bit-fields is the compiler's to choose. The compiler checks every size and offset.
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
    screaming,
    snake,
)
from kobjects.errors import DefinitionError
from kobjects.items import ArrayCodec, codec_of
from kobjects.recordcodec import RecordCodec
from kobjects.wordcodec import WordCodec

_WORDS = """
alignas alignof and asm auto bool break case catch char class compl const constexpr continue
default delete do double else enum explicit export extern false float for friend goto if inline
int long mutable namespace new noexcept not nullptr operator or private protected public register
restrict return short signed sizeof static struct switch template this thread_local throw true try
typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor
"""
KEYWORDS = frozenset(_WORDS.split())
"""Of C or C++; a field of such a name gets an underscore behind it."""

PREAMBLE = """\
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__cplusplus) && __STDC_VERSION__ < 202311L && !defined(static_assert)
#define static_assert _Static_assert
#endif"""

HIGHEST_INT = (1 << 31) - 1


def header(schemas: Iterable[Any], *, name: str = "kobjects", prefix: str = "") -> str:
    """A header with these schemas and all that they need.

    enumeration E  `enum E` with members E_MEMBER; numbers that no int holds are macros
    Word W         type W with W_FIELD_MASK, W_FIELD_SHIFT (of a contiguous field), w_field(word),
                   w_with_field(word, value) and W_DEFAULT; what is no machine number is its octets
    Record R       `struct R`, packed where a compiler would put gaps in; R_ORIGIN if it has one; of
                   one that varies in size the fields up to the first whose place is not fixed
    name           what the include guard is made of
    prefix         comes before every identifier

    DefinitionError for what has no name, for two things of one name, and for empty Records.
    """
    writer = _Writer(prefix)
    guard = f"{prefix}{screaming(name)}_H".upper().replace("-", "_").replace(".", "_")
    blocks = [["/* Made by `kpack export --lang c`: change the schemas, not this file. */"]]
    blocks += [[f"#ifndef {guard}", f"#define {guard}"], [PREAMBLE]]
    for schema in in_order(schemas):
        blocks += [list(block) for block in writer.blocks(schema)]
    return docs.joined([*blocks, [f"#endif /* {guard} */"]])


class _Writer:
    """Writes schemas whose identifiers share one header."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.claim = Claims(help="export one of them, or rename one")

    def blocks(self, schema: Any) -> Iterator[list[str]]:
        self.claim(self.type_name(schema), f"the type {schema.__name__}")
        if is_enumeration(schema):
            yield [*_comment(docs.of(schema)), *self.enumeration(schema)]
            return
        codec = codec_of(schema)
        if isinstance(codec, WordCodec):
            yield [*_comment(docs.of(schema)), *self.word(codec)]
            for field in codec.fields.values():
                if not field.reserved and fits_64_bits(field):
                    yield from self.accessors(codec, field)
        elif isinstance(codec, RecordCodec):
            yield [*_comment(docs.of(schema)), *self.record(codec)]

    def type_name(self, schema: Any) -> str:
        return self.prefix + str(schema.__name__)

    def macro(self, owner: str, *parts: str) -> str:
        """PREFIX_OWNER_PART: a macro or a member of an enumeration."""
        name = "_".join([screaming(owner), *(part.upper() for part in parts)])
        return self.claim(self.prefix.upper() + name, f"{owner}.{'.'.join(parts)}")

    def function(self, owner: str, *parts: str) -> str:
        name = "_".join([snake(owner), *parts])
        return self.claim(self.prefix.lower() + name, f"{owner}.{'.'.join(parts)}, a function")

    def enumeration(self, schema: Any) -> Iterator[str]:
        said = docs.of_members(schema)
        numbers = {name: int(member) for name, member in schema.__members__.items()}
        names = {name: self.macro(schema.__name__, name) for name in numbers}
        if _is_c_enum(schema):
            yield f"typedef enum {self.type_name(schema)} {{"
            for name, number in numbers.items():
                yield from _comment(said.get(name, ""), "    ")
                yield f"    {names[name]} = {number},"
            yield f"}} {self.type_name(schema)};"
            return
        yield f"typedef {_enum_base(schema)} {self.type_name(schema)};"
        for name, number in numbers.items():
            yield from _comment(said.get(name, ""))
            yield f"#define {names[name]} {_number(number)}"

    def word(self, codec: WordCodec) -> Iterator[str]:
        name = self.type_name(codec.schema)
        if is_machine_number(codec):
            yield f"typedef uint{codec.bits}_t {name};"
            default = _number(codec.base)
        else:
            yield f"typedef struct {{ uint8_t octets[{codec.size}]; }} {name};"
            octets = codec.schema.from_int(codec.base).build()
            default = f"{{ {{ {', '.join(f'{octet:#04x}' for octet in octets)} }} }}"
        yield self.size_check(codec, codec.size)
        yield f"#define {self.macro(codec.name, 'default')} {default}"
        for field in codec.fields.values():
            if codec.bits > 64:
                break  # no number of C holds such a mask
            yield from _comment(docs.of_bits(field))
            yield f"#define {self.macro(codec.name, field.name, 'mask')} {_number(field.mask)}"
            if field.shift is not None:
                yield f"#define {self.macro(codec.name, field.name, 'shift')} {field.shift}"

    def accessors(self, codec: WordCodec, field: BitField) -> Iterator[list[str]]:
        """Two functions. The second keeps only what the field can hold of a value."""
        type_, kind = self.type_name(codec.schema), self.value_type(field)
        parts = list(pieces(codec, field))
        value = together([_read(part) for part in parts])
        value = f"({value}) != 0" if kind == "bool" else f"({kind})({value})"
        yield [
            *(_comment(docs.of_bits(field)) if codec.bits > 64 else ()),
            f"static inline {kind} {self.function(codec.name, field.name)}({type_} word)",
            *("{", f"    return {value};", "}"),
        ]
        if is_machine_number(codec):
            kept = f"(word & ~{_number(field.mask)})"
            body = [f"    return ({type_})({' | '.join([kept, *map(_write, parts)])});"]
        else:
            body = [*(f"    {_store(part)}" for part in parts), "    return word;"]
        name = self.function(codec.name, "with", field.name)
        yield [f"static inline {type_} {name}({type_} word, {kind} value)", "{", *body, "}"]

    def value_type(self, field: BitField) -> str:
        if field.type is bool:
            return "bool"
        return self.type_name(field.enum) if field.enum and _is_c_enum(field.enum) else "uint64_t"

    def record(self, codec: RecordCodec) -> Iterator[str]:
        name = self.type_name(codec.schema)
        fields, behind = fixed_fields(codec), floating_fields(codec)
        if not fields and not behind:
            raise DefinitionError(f"{codec.name} has no byte, and C has no empty struct")
        if behind:
            yield from _comment(f"Behind it, where the values before say: {behind}.")
        if not fields:
            return
        members = Claims(KEYWORDS)
        spelled = {field.name: members(field.name, field.name) for field in fields}
        packed = "" if is_natural(codec) else "__attribute__((packed)) "
        yield f"typedef struct {packed}{name} {{"
        for field in fields:
            note = docs.of_codec(field.codec)
            yield from _comment("; ".join(filter(None, [field.doc, note])), "    ")
            yield f"    {self.member(field.codec, spelled[field.name])};"
        yield f"}} {name};"
        yield self.size_check(codec, fixed_size(codec))
        for field in fields:
            where = f"offsetof({name}, {spelled[field.name]}) == {field.offset:#x}"
            yield f'static_assert({where}, "{codec.name}.{field.name}");'
        if codec.origin:
            yield f"#define {self.macro(codec.name, 'origin')} {codec.origin:#x}"

    def member(self, codec: Codec, name: str) -> str:
        """The declaration of a struct's member."""
        counts = ""
        while isinstance(codec, ArrayCodec):
            counts, codec = f"{counts}[{codec.count}]", codec.element
        if isinstance(codec, RecordCodec | WordCodec):
            return f"{self.type_name(codec.schema)} {name}{counts}"
        if is_machine_number(codec):
            return f"uint{8 * codec.size}_t {name}{counts}"
        return f"uint8_t {name}{counts}[{codec.size}]"

    def size_check(self, codec: WordCodec | RecordCodec, size: int) -> str:
        name = self.type_name(codec.schema)
        return f'static_assert(sizeof({name}) == {size}, "the size of {codec.name}");'


def _is_c_enum(schema: Any) -> bool:
    """Whether every member is an int, as C11 asks; of flags each combination has to be one."""
    numbers = [int(member) for member in schema.__members__.values()]
    return not is_flags(schema) and all(-HIGHEST_INT - 1 <= n <= HIGHEST_INT for n in numbers)


def _enum_base(schema: Any) -> str:
    return "int64_t" if any(int(m) < 0 for m in schema.__members__.values()) else "uint64_t"


def _number(value: int) -> str:
    return f"INT64_C({value})" if value < 0 else f"UINT64_C({value:#x})"


def _read(part: Piece) -> str:
    return taken("(uint64_t)" + _source(part), part, _number)


def _write(part: Piece) -> str:
    return placed("(uint64_t)value", part, _number)


def _store(part: Piece) -> str:
    target = _source(part)
    kept = 0xFF & ~(part.ones << part.low)
    return f"{target} = (uint8_t)(({target} & {kept:#04x}) | {_write(part)});"


def _source(part: Piece) -> str:
    return "word" if part.octet is None else f"word.octets[{part.octet}]"


def _comment(text: str, indent: str = "") -> list[str]:
    """A text as a comment; nothing for no text."""
    if not text:
        return []
    lines = docs.wrapped(text.replace("*/", "* /"), f"{indent}/* ", f"{indent} * ")
    return [*lines[:-1], f"{lines[-1]} */"]
