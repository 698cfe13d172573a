#!/bin/sh
# Chooses exact versions, with hashes, for requirements/*.txt out of the ranges in pyproject.toml:
# the newest that fit each other, for every Python and system at once. `tools/setup.sh` installs them.
set -eu

cd "$(dirname "$0")/.."
resolver=build/resolver

[ -x $resolver/bin/uv ] || {
    python3 -m venv $resolver
    $resolver/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
}

choose() {
    $resolver/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
        --generate-hashes --custom-compile-command 'make lock' --upgrade --group build "$@"
}

choose pyproject.toml --extra dev --output-file requirements/dev.txt
# The smaller set agrees with the larger one.
choose pyproject.toml --extra kpack --constraints requirements/dev.txt \
    --output-file requirements/kpack.txt
