"""Words: what a class statement may say, what their values hold, and that nothing is lost."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import pydoc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.errors import FieldValueError, UnknownNameError
from kobjects.word import Word, bits
from tests.kobjects.samples import (
    PLAIN_DESCRIPTOR,
    Descriptor,
    Entry,
    Gate,
    Media,
    Network,
    Odd,
    Ring,
    Swapped,
    untyped,
)

WORDS: list[type[Word]] = [Descriptor, Entry, Gate, Odd, Swapped, Network]
KERNEL_CODE = Descriptor.from_int(0x00AF9B000000FFFF)

words = st.sampled_from(WORDS).flatmap(
    lambda word: st.integers(0, (1 << 8 * word.size) - 1).map(word.from_int)
)


# What a value holds


def test_fields_are_decoded_in_their_own_types() -> None:
    assert KERNEL_CODE.limit == 0xFFFFF
    assert KERNEL_CODE.type == 0xB
    assert KERNEL_CODE.present is True
    assert KERNEL_CODE.size is False
    assert KERNEL_CODE.dpl is Ring.KERNEL
    assert Descriptor(base=0x12345678) == 0x12_0000_345678_0000
    assert Gate(offset=0x1122334455667788) >> 64 == 0x11223344
    assert Entry.parse(b"\xff" * 8).address == 0xFFFFFFFFFF000
    assert Swapped.from_int(0x0312).turned == 0x21
    assert Swapped.from_int(0x0312).scaled == 0x30000
    assert Swapped(turned=0x21, scaled=0x30000) == 0x0312


def test_a_constructor_fills_in_what_the_manual_demands() -> None:
    assert Entry() == 2
    assert Gate().kind == 14
    assert Gate(kind=0) == 0
    assert Entry(one=0) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: untyped(Descriptor)(dpl=4), r"dpl: 4 is out of range 0\.\.3 \(bits 46:45\)"),
        (lambda: Descriptor(limit=1 << 20), r"limit: 0x100000 .* 0\.\.0xfffff \(bits 51:48,15:0\)"),
        (lambda: untyped(Descriptor)(present=2), r"present: 2 is out of range 0\.\.1"),
        (lambda: Descriptor(limit=-1), "limit: -1 is out of range"),
        (lambda: Entry(address=0x1234), "address: 0x1234 .* in steps of 0x1000"),
        (lambda: untyped(Descriptor)(base="a"), "base: takes int, not str 'a'"),
        (lambda: untyped(Descriptor)(base=1.0), "base: takes int, not float"),
        (lambda: untyped(Descriptor)(dpl=Media.OPTICAL), "dpl: takes Ring, not Media.OPTICAL"),
        (lambda: KERNEL_CODE.replace(dpl=9), "dpl: 9 is out of range"),
        (lambda: Descriptor.from_int(1 << 64), "0x1.* is out of range 0..0xffffffffffffffff"),
        (lambda: Descriptor.build(Entry()), "takes Descriptor, not Entry"),
    ],
)
def test_a_value_out_of_range_is_refused(make: Any, message: str) -> None:
    with pytest.raises(FieldValueError, match=message):
        make()


@pytest.mark.parametrize(
    "use",
    [
        lambda: untyped(Descriptor)(dlp=3),
        lambda: KERNEL_CODE.replace(dlp=3),
        lambda: untyped(KERNEL_CODE).dlp,
        lambda: KERNEL_CODE.edit({"dlp": 3}),
        lambda: Descriptor.build({"dlp": 3}),
    ],
)
def test_a_misspelt_field_is_refused_with_the_right_name(use: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"Descriptor has no field 'dlp'; did you .* 'dpl'"):
        use()


def test_a_word_takes_no_bare_number() -> None:
    with pytest.raises(TypeError, match=r"Descriptor\.from_int"):
        untyped(Descriptor)(5)


def test_a_word_can_not_change() -> None:
    for name in ("dpl", "anything"):
        with pytest.raises(AttributeError):
            setattr(KERNEL_CODE, name, 3)


def test_an_unknown_member_is_of_the_enumerations_type() -> None:
    unknown = Descriptor.from_int(1 << 45).dpl
    assert isinstance(unknown, Ring)
    assert unknown == unknown.value == 1
    assert unknown.name == "UNKNOWN"
    assert Descriptor(dpl=unknown).dpl == 1
    media = Odd.from_int(7 << 20).media
    assert isinstance(media, Media)
    assert media == 7
    assert Media.OPTICAL in media


def test_flags_that_refuse_unknown_bits_are_read_too() -> None:
    class Strict(enum.IntFlag, boundary=enum.STRICT):
        A = 1

    class X(Word, bits=8):
        flags: Strict = bits("7:0")

    assert isinstance(X.from_int(6).flags, Strict)
    assert X.from_int(6).check()[0].rule == "Strict has no such member"


def test_check_tells_what_breaks_the_manuals_rules() -> None:
    assert Entry().check() == []
    assert Entry(ignored=5).check() == []
    assert [str(finding) for finding in Entry(one=0, zero=1).check()] == [
        "one: 0x0, but must be 1",
        "zero: 0x1, but must be 0",
    ]
    assert [finding.path for finding in Descriptor(dpl=Ring(0)).check()] == []
    assert str(Descriptor.from_int(1 << 45).check()[0]) == "dpl: 0x1, but Ring has no such member"


# That nothing is lost


@given(words)
def test_every_bit_survives(word: Word) -> None:
    cls = type(word)
    assert cls.parse(word.build()) == word
    assert cls(**word.asdict()) == word
    assert cls.build(word) == cls.build(word.asdict()) == bytes(word) == word.build()
    assert word.asdict() == {name: getattr(word, name) for name in cls.fields}


@given(words, st.data())
def test_replacing_a_field_leaves_every_other_bit(word: Word, data: st.DataObject) -> None:
    fields: Any = type(word).fields
    name = data.draw(st.sampled_from(sorted(fields)))
    value = data.draw(st.integers(0, (1 << fields[name].width) - 1)) * fields[name].unit
    changed = word.replace(**{name: value})
    assert type(changed) is type(word)
    assert getattr(changed, name) == value
    assert (changed ^ word) & ~fields[name].mask == 0


@given(st.binary(min_size=8, max_size=8))
def test_a_word_reads_what_plain_construct_reads(data: bytes) -> None:
    plain, word = PLAIN_DESCRIPTOR.parse(data), Descriptor.parse(data)
    assert word.limit == plain.limit_high << 16 | plain.limit_low
    assert word.base == plain.base_high << 24 | plain.base_low
    for name in ("type", "code", "dpl", "present", "available", "long", "size", "granularity"):
        assert getattr(word, name) == plain[name]
    assert PLAIN_DESCRIPTOR.build(plain) == word.build()


@given(st.lists(st.integers(0, (1 << 128) - 1), min_size=3, max_size=3))
def test_an_array_is_its_elements(numbers: list[int]) -> None:
    gates = Gate[3].parse(b"".join(number.to_bytes(16, "little") for number in numbers))
    assert list(gates) == numbers
    assert {type(gate) for gate in gates} == {Gate}
    assert Gate[3].build(gates) == Gate[3].build(numbers) == b"".join(map(bytes, gates))
    assert Gate[3].build([gate.asdict() for gate in gates]) == Gate[3].build(gates)


# What it is to Python


def test_a_word_is_an_int() -> None:
    assert KERNEL_CODE == 0x00AF9B000000FFFF
    assert hash(KERNEL_CODE) == hash(0x00AF9B000000FFFF)
    assert KERNEL_CODE & 0xFFFF == 0xFFFF
    assert type(KERNEL_CODE | 1) is int
    assert f"{KERNEL_CODE:#x}" == "0xaf9b000000ffff"
    assert {KERNEL_CODE: "code"}[KERNEL_CODE.replace()] == "code"


def test_a_word_survives_copy_and_pickle() -> None:
    for made in (copy.copy(KERNEL_CODE), copy.deepcopy([KERNEL_CODE])[0]):
        assert made is KERNEL_CODE
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(KERNEL_CODE, protocol))
        assert type(again) is Descriptor
        assert again == KERNEL_CODE
    assert pickle.loads(pickle.dumps(Descriptor)) is Descriptor
    assert copy.copy(Descriptor) is Descriptor


def test_its_text_is_short_and_names_what_is_set() -> None:
    expected = (
        "Descriptor(0x00af9b000000ffff: limit=0xfffff, type=0xb, code, present, long, granularity)"
    )
    assert repr(KERNEL_CODE) == str(KERNEL_CODE) == expected
    assert repr(Entry()) == "Entry(0x0000000000000002)"
    assert repr(Entry(one=0, zero=3)) == "Entry(0x0030000000000000: zero=3)"
    assert "dpl=USER" in repr(Descriptor(dpl=Ring.USER))
    assert "dpl=UNKNOWN(1)" in repr(Descriptor.from_int(1 << 45))
    assert repr(Descriptor) == "<Descriptor, 8 bytes>"


def test_help_and_signature_name_the_fields() -> None:
    signature = inspect.signature(Descriptor)
    assert list(signature.parameters) == list(Descriptor.fields)
    assert str(signature.parameters["dpl"]).startswith("dpl: tests.kobjects.samples.Ring = ")
    text = pydoc.plain(pydoc.render_doc(Descriptor))
    assert "least privileged ring that may load it (bits 46:45)" in text
    assert "Split fields, an enumeration and flags." in text


def test_metadata_is_the_classs_even_where_a_field_has_its_name() -> None:
    assert Descriptor.size == Descriptor.sizeof() == 8
    assert Descriptor(size=True).size is True
    assert str(Descriptor.source).endswith('"Segment Descriptors"')
    field = Descriptor.fields["limit"]
    assert (field.doc, field.width, field.shift) == ("in bytes or 4 KiB units", 20, None)
    assert field.positions == ((51, 48), (15, 0))
    assert field.mask == 0x000F00000000FFFF
    assert Descriptor.fields["dpl"].enum is Ring
    assert Entry.fields["zero"].reserved
    assert Entry.fields["address"].maximum == 0xFFFFFFFFFF000


def test_a_value_of_a_subclass_is_taken_and_one_of_another_word_is_not() -> None:
    class Named(Odd):
        """`Odd` under another name."""

    named = Named(low=3)
    assert Odd.build(named) == named.build()
    assert Odd[2].build([named, Odd()]) == named.build() + bytes(3)
    with pytest.raises(FieldValueError, match="takes Named, not Odd"):
        Named.build(Odd())
