# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tables
short_description: DynamoDB tables of many regions and accounts as hosts
version_added: 1.0.0
description:
  - Finds the DynamoDB tables of one or many regions and accounts, and makes each a host with its facts.
  - A playbook of this collection that is run on such a host works on that table, in its region and account, with no
    further configuration.
  - The file that configures it must end in C(.dynamodb.yml) or C(.dynamodb.yaml).
  - All hosts are in the group C(dynamodb_tables); O(groups) and O(keyed_groups) make others.
author:
  - AuditFlow-Pro (@auditflow)
options:
  plugin:
    description: Marks the file as one for this plugin.
    type: str
    required: true
    choices: [auditflow.dynamodb.tables]
  regions:
    description: Where to look. Without it, in all regions that are enabled for the account, which EC2 is asked for.
    type: list
    elements: str
    default: []
  accounts:
    description:
      - Several accounts. The names of their tables' hosts begin with the account's name.
      - An entry without O(accounts[].profile) and O(accounts[].assume_role_arn) is the account of the plugin's own
        credentials. Roles are assumed with those, or with the entry's profile.
      - Not together with O(assume_role_arn).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call the account; letters, digits, C(_) and C(-).
        type: str
        required: true
      profile:
        description: A profile of C(~/.aws).
        type: str
      assume_role_arn:
        description: The ARN of a role to assume.
        type: str
      external_id:
        description: What the role's trust policy wants as external ID.
        type: str
      regions:
        description: Where to look in this account, instead of O(regions).
        type: list
        elements: str
  name_patterns:
    description: Shell patterns, C(*) and C(?) and C([…]), of which a table's name must match one.
    type: list
    elements: str
    default: []
  exclude_name_patterns:
    description: Shell patterns of names that are left out.
    type: list
    elements: str
    default: []
  include_tags:
    description: Tags that a table must all carry. An empty value stands for any value.
    type: dict
    default: {}
  exclude_tags:
    description: Tables that carry any of these tags are left out. An empty value stands for any value.
    type: dict
    default: {}
  read:
    description:
      - What to read besides the description of a table. Each costs one call a table; V(ttl) is what AWS limits most.
      - Facts that are not read are not there. With O(strict=true) a group that needs them is an error.
    type: list
    elements: str
    choices: [tags, ttl, pitr]
    default: [tags, pitr]
  parallel:
    description: How many calls are made at a time.
    type: int
    default: 20
  strict_permissions:
    description:
      - Whether a missing permission is an error. If not, what cannot be read is left out, with a warning.
    type: bool
    default: true
  on_error:
    description:
      - What to do when a region, an account or a table cannot be read for another reason than a missing permission.
      - V(warn) goes on with the rest, and does not cache what it found.
    type: str
    choices: [fail, warn]
    default: fail
  hostnames:
    description:
      - Jinja expressions for the name of the host; the first that gives something is taken. It may use all facts.
      - Where none does, the name is C(TABLE.REGION), or C(ACCOUNT.TABLE.REGION) with O(accounts).
      - Two tables of one name are an error.
    type: list
    elements: str
    default: []
  hostvars_prefix:
    description:
      - What the names of the facts begin with as host variables. In expressions both names are known, C(pitr) and
        C(table_pitr).
      - Ansible reserves some of the plain names, C(tags) for one.
    type: str
    default: table_
  hostvars_suffix:
    description: What the names of the facts end with as host variables.
    type: str
    default: ""
extends_documentation_fragment:
  - inventory_cache
  - constructed
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
  - amazon.aws.assume_role.plugins
notes:
  - Facts of every table are C(name), C(arn), C(id), C(status), C(region), C(account) (its name in O(accounts)),
    C(account_id), C(created), C(item_count), C(size_bytes) (AWS counts both every six hours), C(partition_key),
    C(sort_key), C(billing_mode), C(read_capacity), C(write_capacity), C(class), C(deletion_protection), C(encryption)
    (V(AWS_OWNED) or V(KMS)), C(kms_key_arn), C(stream) (its view type, empty without), C(stream_arn),
    C(global_indexes), C(local_indexes), C(replicas) (regions), and C(unavailable), which tells why a part is missing.
  - Facts of O(read) are C(tags), C(ttl) (the attribute, empty when off), C(pitr) (whether it is on) and
    C(recovery_period_days).
  - Variables of every host that the playbooks need are C(dynamodb_table), C(dynamodb_region), C(tables_account_id),
    C(ansible_connection), and of what the file names C(dynamodb_endpoint), C(dynamodb_profile), C(dynamodb_role_arn),
    C(dynamodb_role_external_id). Secrets are in no variable and in no cache. With O(access_key) in the file the
    playbooks have to be given the credentials by the environment, or by variables of your own.
  - The cache holds the facts. Groups, names and variables are made anew in each run, so the file may be changed.
  - What cannot be read is an error of the inventory. Ansible itself goes on after such an error, without these hosts,
    unless C(any_unparsed_is_failed) is set in section C([inventory]) of ansible.cfg.
seealso:
  - module: auditflow.dynamodb.table_info
"""

EXAMPLES = r"""
# all.dynamodb.yml: every table of the account, by the credentials of the environment
plugin: auditflow.dynamodb.tables
keyed_groups:
  - {key: region, prefix: region}
  - {key: tags, prefix: tag}           # tag_Project_AuditFlow_Pro
  - {key: billing_mode, prefix: billing}
groups:
  no_pitr: not pitr
  unprotected: not deletion_protection
  big: size_bytes > 100 * 1024 ** 3

---
# shop.dynamodb.yml: some tables of two regions, read again after ten minutes
plugin: auditflow.dynamodb.tables
regions: [eu-central-1, eu-west-1]
profile: shop
name_patterns: [orders-*, customers-*]
exclude_tags: {temporary: ""}
read: [tags]
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 600
compose:
  tables_tags: "{'team': tags.team | default('shop')}"

---
# company.dynamodb.yml: three accounts; one that is down is warned of
plugin: auditflow.dynamodb.tables
regions: [ap-south-1, eu-central-1]
on_error: warn
accounts:
  - name: production
    assume_role_arn: arn:aws:iam::111122223333:role/tables-operator
  - name: staging
    assume_role_arn: arn:aws:iam::444455556666:role/tables-operator
  - name: sandbox
    profile: sandbox
    regions: [us-east-1]
keyed_groups:
  - {key: account, prefix: account}
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError, AnsibleUndefinedVariable
from ansible_collections.amazon.aws.plugins.plugin_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.plugin_utils.inventory import AWSInventoryBase

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import (
    DefinitionError,
    Problems,
    check_options,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.clients import Clients
from ansible_collections.auditflow.dynamodb.plugins.module_utils.discovery import Question, discover
from ansible_collections.auditflow.dynamodb.plugins.module_utils.fleet import (
    Account,
    Selection,
    clashes,
    connection,
    host_name,
    parse_accounts,
    verdict,
)

GROUP = "dynamodb_tables"
# The variables that tell one table from another.
IDENTITY = ("dynamodb_table", "dynamodb_region", "tables_account_id")
# Expressions over the facts of a host.
FOR_EACH_HOST = ("compose", "groups", "hostnames", "keyed_groups")
KEYS = ("access_key", "secret_key", "session_token")


class InventoryModule(AWSInventoryBase):
    """The tables of regions and accounts."""

    NAME = "auditflow.dynamodb.tables"
    INVENTORY_FILE_SUFFIXES = (".dynamodb.yml", ".dynamodb.yaml")
    # What comes from AWS is data, whatever it looks like.
    trusted_by_default = False

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fills the inventory."""
        super().parse(inventory, loader, path, cache=cache)
        found = self._found(self._question(), path, cache)
        for warning in found["warnings"]:
            self.warn(warning)
        # All names first: an error in the middle would leave Ansible with the hosts before it.
        names = self._host_names([table["facts"] for table in found["tables"]])
        self._check_other_sources(dict(zip(names, (table["connection"] for table in found["tables"]), strict=True)))
        self.inventory.add_group(GROUP)
        for name, table in zip(names, found["tables"], strict=True):
            self._add(name, table["facts"], table["connection"])

    def _set_frozen_credentials(self) -> None:
        # The base class assumes the role here, before the cache is looked at; discover() does it when it is needed.
        pass

    def _read_config_data(self, path: str) -> Mapping[str, Any]:
        config: Mapping[str, Any] = super()._read_config_data(path)
        names = {
            alias: option
            for option, definition in self.option_definitions.items()
            for alias in (option, *(definition.get("aliases") or ()))
        }
        problems = Problems()
        check_options(config, {alias: {"type": "raw"} for alias in names}, "", problems)
        _stop_at(problems.found)
        self._of_file = {names[alias] for alias, value in config.items() if value not in (None, "")}
        # What the file says goes before the environment; amazon.aws takes a profile and keys together for a mistake.
        others = KEYS if "profile" in self._of_file else ("profile",) if self._of_file.intersection(KEYS) else ()
        for option in set(others) - self._of_file:
            self.set_option(option, "")
        return config

    def _question(self) -> Question:
        try:
            accounts = parse_accounts(self.get_option("accounts") or ())
        except DefinitionError as error:
            raise AnsibleParserError(_listed(error.problems)) from error
        role = self.get_option("assume_role_arn") or ""
        if accounts and role:
            raise AnsibleParserError("assume_role_arn is one role for all: give each of the accounts its own instead")
        own = Account(profile=self._of_its_file("profile"), role_arn=role)
        return Question(
            accounts=accounts or (own,),
            regions=tuple(self.get_option("regions") or ()),
            home=self.region or "",
            selection=Selection(
                tuple(self.get_option("name_patterns") or ()),
                tuple(self.get_option("exclude_name_patterns") or ()),
                _texts(self.get_option("include_tags")),
                _texts(self.get_option("exclude_tags")),
            ),
            parts=tuple(dict.fromkeys(self.get_option("read") or ())),
            parallel=max(1, self.get_option("parallel")),
        )

    def get_option(self, option: str, hostvars: Any = None) -> Any:
        """An option, templated. What the base class does for some makes ansible-core tell of a deprecation."""
        value = super(AWSInventoryBase, self).get_option(option, hostvars)
        return value if option in FOR_EACH_HOST else self._templated(value)

    def get_options(self, hostvars: Any = None) -> dict[str, Any]:
        """All options, likewise."""
        return {option: self.get_option(option, hostvars) for option in self.option_definitions}

    def _of_its_file(self, name: str) -> str:
        return (self.get_option(name) or "") if name in self._of_file else ""

    def _templated(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._templated(element) for key, element in value.items()}
        if isinstance(value, list):
            return [self._templated(element) for element in value]
        return self.templar.template(value) if isinstance(value, str) else value

    def _found(self, question: Question, path: str, cache: bool) -> Mapping[str, Any]:
        asked = self._fingerprint(question)
        was_cached, cached = self.get_cached_result(path, cache)
        if was_cached and cached.get("asked") == asked:
            return cached
        endpoint, options = get_aws_connection_info(self)[1:]
        discovery = discover(question, Clients(endpoint or "", options).new)
        strict = self.get_option("on_error") == "fail"
        ending, telling = verdict(discovery.failures, self.get_option("strict_permissions"), strict)
        same = clashes([table.facts for table in discovery.tables])
        if ending or same:
            raise AnsibleError(_listed([*ending, *same]))
        own_endpoint = self._of_its_file("endpoint_url")
        found = {
            "asked": asked,
            "warnings": telling,
            "tables": [
                {"facts": dict(table.facts), "connection": connection(table.facts, table.account, own_endpoint)}
                for table in discovery.tables
            ],
        }
        # What was down is up again soon; a cache would keep its tables away for as long as it lasts.
        if self.get_option("cache") and all(failure.denied or failure.mild for failure in discovery.failures):
            self._cache[self.get_cache_key(path)] = found
        return found

    def _fingerprint(self, question: Question) -> str:
        """Tells another question from the one that a cache answers. No secret is part of it."""
        options = ("profile", "endpoint_url", "strict_permissions", "on_error")
        parts = [asdict(question), *(self.get_option(name) for name in options), os.environ.get("AWS_ENDPOINT_URL")]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _host_names(self, tables: Sequence[Mapping[str, Any]]) -> list[str]:
        names = [self._host_name(facts) for facts in tables]
        seen: dict[str, str] = {}
        problems = []
        for name, facts in zip(names, tables, strict=True):
            other = seen.setdefault(name, facts["arn"])
            if other != facts["arn"]:
                problems.append(f"hostnames: {facts['arn']} and {other} would both be '{name}'")
        _stop_at(problems)
        return names

    def _check_other_sources(self, hosts: Mapping[str, Mapping[str, Any]]) -> None:
        """Another file may have a table of that name in another account, which would become a mixture of both."""
        problems = []
        for name, variables in hosts.items():
            known = self.inventory.hosts[name].vars if name in self.inventory.hosts else {}
            if any(variables.get(each) != known.get(each) for each in IDENTITY) and "dynamodb_table" in known:
                other = " of ".join(str(known.get(each)) for each in IDENTITY)
                problems.append(f"{name} is there already, from another source: {other}. Give accounts or hostnames.")
        _stop_at(problems)

    def _host_name(self, facts: Mapping[str, Any]) -> str:
        for expression in self.get_option("hostnames") or ():
            try:
                name = self._compose(expression, {**facts, **self._named(facts)})
            except AnsibleUndefinedVariable:
                # The next expression, or the default: a fact that a table lacks is what preferences are for.
                continue
            if name:
                return str(name)
        return host_name(facts)

    def _named(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        prefix, suffix = self.get_option("hostvars_prefix") or "", self.get_option("hostvars_suffix") or ""
        return {f"{prefix}{fact}{suffix}": value for fact, value in facts.items()}

    def _add(self, host: str, facts: Mapping[str, Any], connection_variables: Mapping[str, Any]) -> None:
        self.inventory.add_host(host, group=GROUP)
        variables = {**self._named(facts), **connection_variables}
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        known, strict = {**facts, **variables}, self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), known, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), known, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), known, host, strict=strict)


def _texts(tags: Any) -> dict[str, str]:
    return {str(key): "" if value is None else str(value) for key, value in (tags or {}).items()}


def _stop_at(problems: Sequence[str]) -> None:
    if problems:
        raise AnsibleParserError(_listed(problems))


def _listed(problems: Iterable[str]) -> str:
    problems = list(problems)
    return (
        problems[0]
        if len(problems) == 1
        else "\n".join(("several things are wrong:", *(f"- {each}" for each in problems)))
    )
