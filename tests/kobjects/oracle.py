"""Truth from outside: what gcc makes of the headers of the C library and of Linux.

Linux's own headers (not those for programs) are Debian's linux-headers-*-common, found in /usr/src
or where LINUX_HEADERS says. Tests that need them skip without them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

PROLOGUE = """
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define PAGE_SIZE 4096
#define CONFIG_X86_64 1
"""

# Linux's headers include others that only a configured kernel has; these stand in for them.
STAND_INS = {
    "linux/build_bug.h": "#define BUILD_BUG_ON_ZERO(e) 0\n",
    "linux/numa.h": "#define MAX_NUMNODES 1\n",
}


def linux_headers() -> Path:
    """The top folder of Linux's own headers; the test skips where there is none."""
    given = os.environ.get("LINUX_HEADERS")
    found = [Path(given)] if given else sorted(Path("/usr/src").glob("linux-headers-*-common"))
    if not found or not (found[-1] / "arch/x86/include/asm/desc_defs.h").is_file():
        pytest.skip("Linux's headers are missing: apt-get install linux-headers-amd64")
    return found[-1]


def linux_struct(header: str, name: str, nth: int = 0) -> str:
    """The text of the nth `struct name { ... };` in one of Linux's headers, made a packed one."""
    text = (linux_headers() / header).read_text()
    starts = [match.start() for match in re.finditer(rf"^struct {name} {{", text, re.MULTILINE)]
    body = text[starts[nth] :]
    end = re.search(r"^}.*?;", body, re.MULTILINE | re.DOTALL)
    assert end, name
    return body[: end.end()]


def linux_defines(header: str, prefix: str) -> str:
    """The `#define`s of a header whose names start so, where including it asks for too much."""
    text = (linux_headers() / header).read_text()
    return "\n".join(re.findall(rf"^#define {prefix}\w*[ \t].*$", text, re.MULTILINE))


def pairs(text: str) -> dict[str, str]:
    """`"present=P writable=RW"` as a mapping."""
    return dict(pair.split("=", 1) for pair in text.split())


def evaluate(
    expressions: Mapping[str, str],
    *,
    includes: Iterable[str] = (),
    declarations: str = "",
    linux: bool = False,
) -> dict[str, int]:
    """The values of C expressions, by name, as gcc computes them, in 64 bits."""
    lines = [PROLOGUE, *(f"#include <{name}>" for name in includes), declarations, "int main() {"]
    lines += [
        f'printf("%s %llu\\n", "{k}", (unsigned long long)({v}));' for k, v in expressions.items()
    ]
    output = run_c("\n".join([*lines, "}"]), linux=linux).decode()
    return {name: int(value) for name, value in map(str.split, output.splitlines())}


def layout(structure: str, members: Mapping[str, str]) -> dict[str, str]:
    """Expressions for the size of a C structure, and for each member's offset and size.

    `members` leads from our path to C's.
    """
    wanted = {"": f"sizeof(struct {structure})"}
    for path, member in members.items():
        wanted[f"{path}@"] = f"offsetof(struct {structure}, {member})"
        wanted[f"{path}#"] = f"sizeof(((struct {structure} *)0)->{member})"
    return {f"{structure}:{name}": expression for name, expression in wanted.items()}


@cache
def run_c(source: str, *, linux: bool = False) -> bytes:
    """What a C program prints. Compiled once a run of the tests."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("gcc is missing: apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.c")
        program.write_text(source)
        command = [gcc, "-std=gnu11", "-O1", "-w", "-o", f"{folder}/program", str(program)]
        if linux:
            top = linux_headers()
            for name, text in STAND_INS.items():
                Path(folder, name).parent.mkdir(exist_ok=True)
                Path(folder, name).write_text(text)
            command += [f"-I{folder}"]
            for place in ("arch/x86/include", "arch/x86/include/uapi", "include", "include/uapi"):
                command += ["-idirafter", str(top / place)]
        compiled = subprocess.run(command, capture_output=True, text=True, check=False)
        assert compiled.returncode == 0, compiled.stderr
        return subprocess.run([f"{folder}/program"], capture_output=True, check=True).stdout
