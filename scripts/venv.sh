#!/bin/sh
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs venv.py with the right Python: $PYTHON if given; else the one that .venv was made with, so that a choice made once
# stays; else the first on PATH that starts (a version manager's shim may exist and not) and is new enough.
set -eu
cd "$(dirname "$0")/.."

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python="${PYTHON:-}"
if [ -z "$python" ] && [ -x .venv/bin/python ]; then
    python="$(.venv/bin/python -c 'import sys; print(sys._base_executable)' 2>/dev/null || true)"
fi
if [ -z "$python" ]; then
    for candidate in python3 python3.13 python3.14 python3.12 python3.11; do
        if new_enough "$candidate"; then
            python="$candidate"
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "venv: no Python 3.11 or newer was found on PATH. Install one, or name it: make venv PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c '' >/dev/null 2>&1; then
    echo "venv: '$python' does not run. Name another Python: make venv PYTHON=/path/to/python3" >&2
    exit 1
fi
exec "$python" scripts/venv.py "$@"
