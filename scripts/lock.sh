#!/bin/sh
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Writes the .lock files from the .in files for every Python from 3.11 on, with hashes. Arguments go to `uv pip compile`;
# without --upgrade what is locked stays as it is.
set -eu
cd "$(dirname "$0")/.."

uv="$(command -v uv || true)"
if [ -z "$uv" ]; then
    uv=.cache/uv/bin/uv
    if [ ! -x "$uv" ]; then
        python3 -m venv .cache/uv
        .cache/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
    fi
fi

export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    name="$1"
    shift
    echo "locking $name.lock"
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --output-file "$name.lock" "$name.in" "$@"
}

compile requirements "$@"
# The two locks are installed into one environment: what both hold has one version.
compile requirements-dev --constraint requirements.lock "$@"
compile requirements-collections --no-deps "$@"
# Goes into an environment of its own.
compile scripts/localstack/requirements --overrides scripts/localstack/overrides.in "$@"
