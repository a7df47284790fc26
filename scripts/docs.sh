#!/bin/sh
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the HTML reference into dist/docs. Sphinx does not stop at warnings: the labels that lead to docs.ansible.com
# resolve only where that site can be reached.
set -eu
cd "$(dirname "$0")/.."

sources=.cache/docs
rm -rf "$sources" dist/docs
mkdir -p "$sources/collections" dist
chmod 700 "$sources" "$sources/collections"
.venv/bin/antsibull-docs collection --use-current --squash-hierarchy --dest-dir "$sources/collections" auditflow.dynamodb
printf '%s\n' 'project = "auditflow.dynamodb"' 'extensions = ["sphinx_antsibull_ext"]' \
    'html_theme = "sphinx_ansible_theme"' 'highlight_language = "YAML+Jinja"' > "$sources/conf.py"
printf '%s\n' 'auditflow.dynamodb' '==================' '' '.. toctree::' '' '   collections/index' > "$sources/index.rst"
.venv/bin/sphinx-build -q -b html "$sources" dist/docs
echo "docs: dist/docs/index.html"
