# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""monitoring.yml, and teardown.yml for what it leaves, on the embedded emulator: what CloudWatch holds afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.front import Answer, Sent
from tests.integration.harness import Ansible, Finished, Target

STATE = {"name": "by-state", "partition_key": "state", "projection": "KEYS_ONLY"}
# A call to CloudWatch's module takes half a second: a few alarms tell as much as all.
UNUSED = ("throttled_writes", "consumed_reads", "consumed_writes", "system_errors", "error_rate_writes")
RULES: dict[str, Any] = {kind: {"enabled": False} for kind in UNUSED}
ACCOUNT = "DynamoDB account/user_errors"
DASHBOARD = "Orders-test"


def definition(name: str, *indexes: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {"id": "S", "state": "S", "expires": "N"},
        "partition_key": "id",
        "global_indexes": list(indexes),
        "ttl": {"attribute": "expires"},
    }


def run(ansible: Ansible, playbook: str, definitions: list[dict[str, Any]], *arguments: str, **extra: Any) -> Finished:
    options = {"tables_definitions": definitions, "tables_identity": False, "tables_preflight": False}
    return ansible.playbook(
        playbook, *arguments, extra={**options, "monitoring_dashboard": DASHBOARD, "monitoring_rules": RULES, **extra}
    )


def held(ansible: Ansible) -> dict[str, Any]:
    found = ansible.target.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def dashboards(ansible: Ansible) -> list[str]:
    return [each["DashboardName"] for each in ansible.target.client("cloudwatch").list_dashboards()["DashboardEntries"]]


def written(finished: Finished) -> Counter[str]:
    return Counter(operation for operation, dummy in finished.calls.writes)


@pytest.fixture
def stranger(ansible: Ansible, name: str) -> Iterator[str]:
    """An alarm that somebody made by hand, under a name that could be ours."""
    alarm = f"{name}/by-hand"
    client = ansible.target.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/DynamoDB",
        MetricName="ConditionalCheckFailedRequests",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    yield alarm
    client.delete_alarms(AlarmNames=[alarm])


def test_alarms_of_a_table_come_change_and_go(ansible: Ansible, name: str, stranger: str) -> None:
    wanted = [definition(name, STATE)]
    topics = {"monitoring_topic": name, "monitoring_emails": ["oncall@example.com"]}
    topic = f"arn:aws:sns:{ansible.target.region}:123456789012:{name}"
    ours = {f"{name}/throttled_reads", f"{name}/error_rate_reads", f"{name}/ttl_stopped", ACCOUNT}
    of_index = f"{name}/by-state/throttled_reads"

    checked = run(ansible, "monitoring", wanted, "--check", **topics)
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert f"{name} ({ansible.target.region}): 4 alarms, 4 to make" in checked.task("Show the alarms").message

    made = run(ansible, "monitoring", wanted, **topics)
    assert made.code == 0, made.output
    assert written(made) == {"CreateTopic": 1, "Subscribe": 1, "PutMetricAlarm": 5, "PutDashboard": 1}
    assert "before they confirm: oncall@example.com" in made.task("Show who has to confirm").message
    receivers = ansible.target.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [each["Endpoint"] for each in receivers] == ["oncall@example.com"]
    there = held(ansible)
    assert set(there) == {*ours, of_index, stranger}
    assert dashboards(ansible) == [DASHBOARD]
    rate = there[f"{name}/error_rate_reads"]
    assert (rate["AlarmActions"], rate["OKActions"], rate["InsufficientDataActions"]) == ([topic], [topic], [])
    assert (rate["Threshold"], rate["TreatMissingData"]) == (5.0, "notBreaching")
    assert [query["Expression"] for query in rate["Metrics"] if query["ReturnData"]] == [
        "IF(requests >= 1, 100 * errors / requests, 0)"
    ]

    again = run(ansible, "monitoring", wanted, **topics)
    assert again.code == 0, again.output
    assert (again.changed, again.calls.writes) == ([], [])
    assert again.calls.of("monitoring").reads == {"DescribeAlarms": 2, "GetDashboard": 1}
    assert again.calls.of("sns").reads == {"GetTopicAttributes": 2, "ListSubscriptionsByTopic": 1}
    assert held(ansible) == there

    # One was deleted, one changed by hand; the index is no more defined, and the topics have changed.
    client = ansible.target.client("cloudwatch")
    client.delete_alarms(AlarmNames=[f"{name}/ttl_stopped"])
    tampered = {key: rate[key] for key in ("AlarmName", "ComparisonOperator", "EvaluationPeriods", "Metrics")}
    client.put_metric_alarm(**tampered, AlarmDescription=rate["AlarmDescription"], Threshold=50)
    mended = run(ansible, "monitoring", [definition(name)], **topics)
    assert mended.code == 0, mended.output
    assert written(mended) == {"PutMetricAlarm": 2, "DeleteAlarms": 1, "PutDashboard": 1}
    assert f"  - {of_index}" in mended.task("Show the alarms").message
    assert "threshold 50 -> 5" in mended.task("Show the alarms").message
    assert set(held(ansible)) == {*ours, stranger}
    assert held(ansible)[f"{name}/error_rate_reads"]["Threshold"] == 5

    kept = run(ansible, "teardown", [definition(name)], confirm=name, monitoring=False)
    assert (kept.code, kept.calls.of("monitoring")) == (0, []), kept.output

    gone = run(ansible, "teardown", [definition(name)], confirm=name)
    assert gone.code == 0, gone.output
    assert written(gone) == {"DeleteAlarms": 4, "DeleteDashboards": 1}, (
        "the topic stays: its receivers have confirmed it"
    )
    assert set(held(ansible)) == {stranger}
    assert dashboards(ansible) == []

    silent = run(ansible, "monitoring", [definition(name)], remove=True)
    assert silent.code == 0, silent.output
    assert (silent.changed, silent.calls.writes) == ([], [])


def test_the_alarm_of_the_account_stays_while_another_table_is_watched(ansible: Ansible, name: str) -> None:
    other = f"{name}-2"
    asked = {
        "auditflow.dynamodb.alarms_info": {
            "definitions": [{"name": name}],
            "options": {"rules": {**RULES, "error_rate_reads": {"enabled": False}}},
            "state": "absent",
        }
    }
    client = ansible.target.client("cloudwatch")
    metric = {"Namespace": "AWS/DynamoDB", "MetricName": "UserErrors"}
    query = {"Id": "value", "ReturnData": True, "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}
    names = [ACCOUNT, f"{name}/throttled_reads", f"{other}/throttled_reads"]
    for alarm in names:
        client.put_metric_alarm(
            AlarmName=alarm,
            AlarmDescription="told\nManaged by auditflow.dynamodb: somewhat",
            Metrics=[query],
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    try:
        with_other = ansible.tasks(asked).tasks[0]
        client.delete_alarms(AlarmNames=[names[2]])
        alone = ansible.tasks(asked).tasks[0]
    finally:
        client.delete_alarms(AlarmNames=names)
    assert with_other.result["to_delete"] == [names[1]]
    assert alone.result["to_delete"] == [names[1], names[0]]


def denied(sent: Sent, dummy: Callable[[], Answer]) -> Answer | None:
    """CloudWatch says no."""
    if sent.service != "monitoring":
        return None
    text = f"me is not authorized to perform: cloudwatch:{sent.operation}"
    return Answer(400, json.dumps({"__type": "x#AccessDenied", "message": text}).encode())


def test_teardown_goes_on_where_cloudwatch_may_not_be_asked(
    fronted: Callable[..., Ansible], emulator: Target, name: str
) -> None:
    ansible = fronted(emulator, denied)
    gone = run(ansible, "teardown", [definition(name)], confirm=name)
    assert gone.code == 0, gone.output
    told = gone.task("Show the alarms").message
    assert told.startswith("Alarms were not looked for: DescribeAlarms: AccessDenied: me is not authorized")
    assert "Missing permission: cloudwatch:DescribeAlarms" in told
    (message,) = gone.task("Remove the dashboard").result["messages"]
    assert "cloudwatch:GetDashboard" in message

    asked = {"definitions": [definition(name)], "state": "absent"}
    assert ansible.tasks({"auditflow.dynamodb.alarms_info": asked}).tasks[0].status == "failed"


def test_mistakes_are_told_before_any_call(ansible: Ansible, name: str) -> None:
    topics = {"alarm": ["pager"]}
    finished = run(ansible, "monitoring", [definition(name, STATE)], monitoring_topics=topics)
    assert finished.code == 2, finished.output
    assert "monitoring.topics.alarm[0]: 'pager' is not the ARN of a topic" in finished.failure
    assert finished.calls == []


def test_topics_that_would_tell_nobody(ansible: Ansible, name: str) -> None:
    missing = f"arn:aws:sns:{ansible.target.region}:123456789012:nobody"
    elsewhere = "arn:aws:sns:us-west-2:123456789012:pager"
    asked = {"definitions": [{"name": name}], "options": {"topics": {"alarm": [missing, elsewhere]}}}
    finished = ansible.tasks({"auditflow.dynamodb.alarms_info": asked}).tasks[0]
    assert finished.status == "failed"
    assert f"{missing} does not exist" in finished.message
    assert f"{elsewhere} is not in {ansible.target.region}" in finished.message


def test_a_dashboard_of_ones_own(ansible: Ansible) -> None:
    wanted = {"name": "Mine", "body": {"widgets": []}}
    ours = {"name": "Mine", "state": "absent", "only_ours": True}
    client = ansible.target.client("cloudwatch")
    module = "auditflow.dynamodb.dashboard"
    tasks = ansible.tasks(
        {module: wanted, "check_mode": True},
        {module: wanted},
        {module: wanted},
        {module: ours},
        {module: {"name": "Not a name", "body": {}}},
        {module: {"name": "Mine", "state": "absent"}},
    ).tasks
    assert [task.changed for task in tasks] == [True, True, False, False, False, True]
    assert [[operation for operation, dummy in task.calls.writes] for task in tasks] == [
        [],
        ["PutDashboard"],
        [],
        [],
        [],
        ["DeleteDashboards"],
    ]
    assert "'Not a name' is not a dashboard's name" in tasks[4].message
    assert json.loads(tasks[1].result["diff"]["after"]) == {"widgets": []}
    assert client.list_dashboards(DashboardNamePrefix="Mine")["DashboardEntries"] == []
