"""The wall around keystone: hangs, deaths, threads and forks."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from packer.asm import EncoderError, encode
from packer.asm.encode import Encoder

# Texts that the dialect never lets through, given to keystone directly.
HANGS = ".byte 1,,2"
DIES = "mov r8b, ah"


@pytest.fixture
def encoder() -> Iterator[Encoder]:
    made = Encoder(time_limit=0.4, retry_limit=0.2)
    yield made
    made.stop()


def test_a_hang_costs_its_instruction_only(encoder: Encoder) -> None:
    started = time.monotonic()
    replies = encoder.encode(64, ["nop", HANGS, "hlt"])
    assert replies[HANGS] == "keystone gave no answer over this instruction in 0.2 s"
    assert [replies["nop"][0], replies["hlt"][0]] == [b"\x90", b"\xf4"]
    assert time.monotonic() - started < 10


def test_a_death_costs_its_instruction_only(encoder: Encoder) -> None:
    replies = encoder.encode(64, ["nop", DIES, "hlt"])
    assert replies[DIES] == "keystone ended its process over this instruction"
    assert [replies["nop"][0], replies["hlt"][0]] == [b"\x90", b"\xf4"]


def test_output_without_its_end_is_an_error(encoder: Encoder) -> None:
    """keystone drops what follows some lines; the sentinel behind the code is then missing."""
    replies = encoder.encode(64, ["hlt", '.ascii "KSEND"; .if 0'])
    assert isinstance(replies['.ascii "KSEND"; .if 0'], str)
    assert replies["hlt"][0] == b"\xf4"


def test_errors_are_traced_to_their_instructions(encoder: Encoder) -> None:
    texts = [f"mov eax, {number}" for number in range(100)]
    texts[17:17] = ["foo"]
    texts[60:60] = ["mov eax, xmm0"]
    replies = encoder.encode(64, texts)
    assert [text for text in texts if isinstance(replies[text], str)] == ["foo", "mov eax, xmm0"]


def test_modes_do_not_mix(encoder: Encoder) -> None:
    encoded = [encoder.encode(mode, ["mov eax, ebx"])["mov eax, ebx"][0] for mode in (16, 32, 64)]
    assert encoded == [b"\x66\x89\xd8", b"\x89\xd8", b"\x89\xd8"]


def test_threads_share_an_encoder(encoder: Encoder) -> None:
    def encoded(number: int) -> bytes | str:
        text = f"mov eax, {number}"
        return encoder.encode(64, [text])[text][0]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(encoded, range(200)))
    assert found == [b"\xb8" + number.to_bytes(4, "little") for number in range(200)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_starts_its_own_child(encoder: Encoder) -> None:
    encoder.encode(64, ["nop"])
    child = os.fork()
    if child == 0:
        os._exit(0 if encoder.encode(64, ["hlt"])["hlt"][0] == b"\xf4" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert encoder.encode(64, ["cli"])["cli"][0] == b"\xfa"


def test_a_missing_tool_is_named(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        EncoderError, match="keystone is not installed: pip install keystone-engine"
    ):
        encoder.encode(64, ["nop"])


def test_a_tool_that_cannot_be_loaded_is_said(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "_folders", list)
    with pytest.raises(EncoderError, match=r"can't be used: ModuleNotFoundError: No module named"):
        encoder.encode(64, ["nop"])


def test_keystone_never_enters_the_process_that_assembles() -> None:
    program = """
import sys
from packer.asm import SourceText, assemble

assert assemble([SourceText("a.asm", "start: mov eax, ebx")], {}).code == bytes.fromhex("89d8")
assert not {"keystone", "capstone"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
