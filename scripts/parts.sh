#!/bin/sh
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# parts.sh TARGET...: makes one target after the other under a heading of its own; the first that fails ends it.
set -eu
cd "$(dirname "$0")/.."

for part in "$@"; do
    printf '\n======== %s\n' "$part"
    started="$(date +%s)"
    if ! make --no-print-directory "$part" ARGS=; then
        printf '\n======== %s FAILED after %s s; alone: make %s\n' "$part" "$(($(date +%s) - started))" "$part" >&2
        exit 1
    fi
    printf '======== %s passed in %s s\n' "$part" "$(($(date +%s) - started))"
done
