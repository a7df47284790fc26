#!/bin/sh
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# playbook.sh NAME [ARGUMENT...]: runs playbooks/NAME.yml on the local inventory, which without AWS_ENDPOINT_URL means
# the embedded emulator: started if it is not running, and left running for the next command.
set -eu
cd "$(dirname "$0")/.."

name="$1"
shift
if [ -z "${AWS_ENDPOINT_URL:-}" ]; then
    .venv/bin/python scripts/emulator/control.py start
fi
exec .venv/bin/ansible-playbook -i inventories/local "playbooks/$name.yml" "$@"
