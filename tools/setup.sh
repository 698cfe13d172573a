#!/bin/sh
# Makes this machine ready: `tools/setup.sh run` to boot the demonstration, `tools/setup.sh dev` to
# work on the project. It installs what is missing and nothing else: a second call takes no network
# and no time, and a call after an interrupted one repairs what that left behind.
#
# On Debian and Ubuntu missing programs come by apt-get; elsewhere the one line that helps is printed.
# PYTHON=/path/to/python chooses the interpreter.
set -eu

cd "$(dirname "$0")/.."
purpose=${1:-}
venv=.venv
oldest=3.11

# What must be on the machine, and the Debian package that brings it. The only such list.
programs_to_run='
    /usr/bin/qemu-system-x86_64 qemu-system-x86
    /usr/share/OVMF/OVMF_CODE_4M.fd ovmf
'
programs_to_develop='
    /usr/bin/as                 binutils
    /usr/bin/gcc                gcc
    /usr/include/elf.h          libc6-dev
    /usr/bin/gdb                gdb
    /usr/sbin/sfdisk            fdisk
    /usr/sbin/sgdisk            gdisk
    /usr/sbin/parted            parted
    /usr/sbin/mkfs.fat          dosfstools
    /usr/bin/mcopy              mtools
    /usr/bin/xorriso            xorriso
    /usr/bin/iasl               acpica-tools
    /usr/bin/grub-file          grub-common
    /usr/lib/grub/i386-pc/multiboot2.mod grub-pc-bin
    /usr/bin/isoinfo            genisoimage
    /usr/bin/file               file
    /usr/bin/sbsign             sbsigntool
    /usr/include/efi/efi.h      gnu-efi
    /usr/lib/python3/dist-packages/pefile.py python3-pefile
    /usr/lib/ipxe/ipxe.efi      ipxe
    /boot/memtest86+x64.bin     memtest86+
'

main() {
    case $purpose in
        run) requirements=requirements/kpack.txt programs=$programs_to_run ;;
        dev) requirements=requirements/dev.txt programs=$programs_to_run$programs_to_develop ;;
        *) fail "usage: tools/setup.sh run|dev" ;;
    esac
    find_python
    # shellcheck disable=SC2086 # words of our own list
    packages=$(packages_missing $programs)
    if ! environment_is_ready; then
        packages="$packages$(package_of_venv)"
        [ -z "$packages" ] || install_packages
        make_environment
    elif [ -n "$packages" ]; then
        install_packages
    fi
}

say() { printf 'setup: %s\n' "$@" >&2; }

fail() {
    say "$@"
    exit 1
}

# Sets $python to an interpreter that is new enough.
find_python() {
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$python"; then return; fi
    done
    first=${PYTHON:-python3}
    fail "Python $oldest or newer is needed; $first is $(version_of "$first")" \
        "help: sudo apt-get install python$oldest python$oldest-venv, or make PYTHON=/path/to/one"
}

is_new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$oldest'.split('.'))))" \
        2>/dev/null
}

version_of() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null || echo missing; }

# FILE PACKAGE ... -> " PACKAGE ..." of those whose file is neither there nor a program on the path.
packages_missing() {
    while [ $# -gt 0 ]; do
        [ -e "$1" ] || command -v "${1##*/}" >/dev/null || printf ' %s' "$2"
        shift 2
    done
}

# Debian keeps what makes an environment apart from python3 itself.
package_of_venv() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        "$python" -c 'import sys; print(" python%d.%d-venv" % sys.version_info[:2])'
}

install_packages() {
    command -v apt-get >/dev/null || fail "missing:$packages (Debian's names)" \
        "help: install them with this system's package manager, then try again"
    say "installing$packages; this can take a minute"
    as_root dpkg --configure -a # ends what an interrupted installation began
    as_root apt-get update -q || say "some package lists are old; trying with them"
    # shellcheck disable=SC2086 # a list of names
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 $packages
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@" >/dev/null
    elif command -v sudo >/dev/null; then
        sudo "$@" >/dev/null
    else
        fail "missing:$packages; only root can install them, and there is no sudo" \
            "help: as root: apt-get install --no-install-recommends$packages"
    fi
}

# All that an environment depends on. If any of it has changed, the environment is not ready.
describe_environment() {
    pwd -P
    version_of "$python"
    cksum pyproject.toml requirements/*.txt tools/setup.sh
}

environment_is_ready() {
    state=$(describe_environment)
    [ -x $venv/bin/kpack ] && [ "$(cat "$venv/.ready-to-$purpose" 2>/dev/null)" = "$state" ]
}

# Fills the environment with exactly what the lock names, and with this checkout, editable.
make_environment() {
    say "installing $(grep -c '^[a-z].*==' $requirements) Python packages into $venv"
    if [ -e $venv/.unfinished ] || ! $venv/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf $venv
        "$python" -m venv $venv
    fi
    rm -f $venv/.ready-to-*
    : >$venv/.unfinished
    pip_install --require-hashes --requirement $requirements
    pip_install --no-deps --no-build-isolation --editable .
    rm $venv/.unfinished
    [ "$purpose" = run ] || printf '%s\n' "$state" >$venv/.ready-to-run # dev is a superset of run
    printf '%s\n' "$state" >"$venv/.ready-to-$purpose"
}

pip_install() {
    $venv/bin/python -m pip install --quiet --disable-pip-version-check "$@" || fail \
        "pip could not install what $requirements names" \
        "help: is the network there? Where keystone has no wheel (it has them for x86-64)," \
        "      'pip install .[inspect]' gives the schemas and the commands that inspect"
}

main
