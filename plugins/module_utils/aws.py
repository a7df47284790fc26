# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that talks to AWS: clients, reads, writes, retries, and waiting for conditions."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import groupby
from typing import Any

try:
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule reports the missing library

from .answers import NOT_FOUND, CutAnswerError, asked_for, no_answer, refusal
from .clients import READERS
from .conditions import Condition
from .errors import AwsError, Kind, StuckError, WaitTimeoutError
from .kept import Kept
from .overtaken import Doubt, Guard, undone
from .pace import Pace, Ticket
from .progress import ProgressFile, Tell
from .state import Read
from .threads import shared

# Throttling, failures of the server and of the network are met this often at least, whether somebody waits or not.
ATTEMPTS = 3

# For so long every call stands in line where AWS has had too many, even one that nobody waits for.
MOMENT = 5.0

# A wrong endpoint must be told soon.
UNREACHABLE_SECONDS = 5

# Reads are refused for moments only: a rate limit, or a sub-resource of a table in its first seconds.
READ_SECONDS = 60

# Before a condition is looked at again that held at the first look after a change, as if nothing had been changed.
# Reads lag behind changes: measured are three seconds at most of tags and resource policies, and a tenth of a second of
# a new table in DescribeTable. Where the change was seen under way they do not, and no second look is made.
SECOND_LOOK = 1.0


@dataclass(frozen=True)
class Clock:
    """Time, so that tests need none of it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    today: Callable[[], datetime] = lambda: datetime.now(timezone.utc)


def retrying() -> Iterator[float]:
    """Seconds before a call that was refused, or whose answer was lost, is made again."""
    return _growing(0.2, 1.5)


def _growing(seconds: float, growth: float) -> Iterator[float]:
    while True:
        yield seconds
        seconds = min(seconds * growth, 15)


def polling() -> Iterator[float]:
    """Seconds between polls: short at first, since most things settle soon, then slower; 15 in the first minute."""
    return _growing(0.05, 1.7)


@dataclass(frozen=True)
class Patience:
    """How long to wait for AWS.

    wait: whether to wait at all. seconds: for how long, counted for each wait.
    """

    wait: bool = True
    seconds: float = 3600

    @property
    def busy_seconds(self) -> float:
        """How long a call is made again that AWS is too busy for."""
        return self.seconds if self.wait else 0


@dataclass
class Aws:
    """AWS in one account and region, for one task.

    new_client: makes a boto3 client for a service name. known_clients: those that exist, by service name.
    region: its name, for messages. read_seconds: for how long a read is made again that AWS is too busy for.
    progress: is told what is waited for. pace: how fast calls are made that AWS has refused for being too many.
    """

    new_client: Callable[[str], Any]
    region: str = ""
    clock: Clock = field(default_factory=Clock)
    known_clients: dict[str, Any] = field(default_factory=dict)
    read_seconds: float = READ_SECONDS
    progress: ProgressFile = field(default_factory=ProgressFile)
    pace: Pace = field(default_factory=Pace)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _readers: Executor = field(default_factory=lambda: ThreadPoolExecutor(READERS))
    _kept: Kept = field(default_factory=Kept)

    def read(self, read: Read) -> Mapping[str, Any] | None:
        """The answer of a read, all its pages; C(None) when there is no such thing.

        Raises AwsError.
        """
        try:
            return self._call_while_busy(
                read.service, read.operation, read.arguments, self.read_seconds, repeat_lost=True
            )
        except AwsError as error:
            if NOT_FOUND.search(error.code):
                return None
            raise

    def read_all(self, reads: Iterable[Read]) -> dict[str, Mapping[str, Any] | None]:
        """The answers of several reads by their names, read side by side.

        Raises AwsError.
        """
        reads = tuple(reads)
        if len(reads) < 2:
            return {read.name: self._read_one(read) for read in reads}
        for service in {read.service for read in reads}:
            self._client(service)
        answers = shared(self._read_one, reads, self._readers)
        return dict(zip((read.name for read in reads), answers, strict=True))

    def _read_one(self, read: Read) -> Mapping[str, Any] | None:
        return self._kept.answer(read, self.read, self.clock.now) if read.common else self.read(read)

    def page(self, read: Read, patience: Patience) -> Mapping[str, Any]:
        """The answer of a read as it comes: one page of it, and the error where there is no such thing.

        For what is too long to be held at once. Raises AwsError.
        """
        return self._call_while_busy(
            read.service, read.operation, read.arguments, patience.busy_seconds, repeat_lost=True, whole=False
        )

    def write(
        self, operation: str, arguments: Mapping[str, Any], patience: Patience, service: str = "dynamodb"
    ) -> Mapping[str, Any]:
        """Makes a call that changes something, again and again while AWS is busy, until patience ends.

        Raises AwsError; one of kind BUSY when patience ended, and at once one that is C(lost): whoever asked has to
        look first whether AWS did it.
        """
        return self._call_while_busy(service, operation, arguments, patience.busy_seconds, repeat_lost=False)

    def repeat(
        self, operation: str, arguments: Mapping[str, Any], patience: Patience, service: str = "dynamodb"
    ) -> Mapping[str, Any]:
        """Makes a call that does nothing more the second time, as a conditional write or a request with a token.

        So one whose answer was lost is repeated as well. Raises AwsError.
        """
        return self._call_while_busy(service, operation, arguments, patience.busy_seconds, repeat_lost=True)

    def _call_while_busy(
        self,
        service: str,
        operation: str,
        arguments: Mapping[str, Any],
        seconds: float,
        repeat_lost: bool,
        whole: bool = True,
    ) -> Mapping[str, Any]:
        ticket = self.pace.ticket(self.clock.now())
        self._stand_in_line(service, operation, ticket, seconds)
        began = sent = self.clock.now()
        with self.progress.wait(seconds) as tell:
            for attempt, pause in enumerate(retrying(), 1):
                try:
                    answer = self._call(service, operation, arguments, whole)
                except AwsError as error:
                    if error.lost and not repeat_lost:
                        raise
                    told = (error.code, error.text, sent, self.clock.now())
                    in_line = self.pace.refused(service, operation, *told)
                    if self.gives_up(error, attempt, began, seconds, in_line or pause):
                        raise self.told(error, attempt, began) from error
                    if attempt >= ATTEMPTS:
                        tell(f"{error.asked} is not taken yet ({error.code}), asked {attempt} times")
                else:
                    if not self.pace.free:
                        self.pace.taken(service, operation, sent)
                    return answer
                if in_line:
                    self._stand_in_line(service, operation, ticket, began + seconds - self.clock.now())
                else:
                    # Jitter, so that several tables that were refused together do not come back together.
                    self.clock.sleep(pause * random.uniform(0.75, 1.25))
                sent = self.clock.now()
        raise AssertionError("the pauses never end")

    def _stand_in_line(self, service: str, operation: str, ticket: Ticket, seconds: float) -> None:
        """Waits until a call of which AWS has had too many may be made; a moment longer than for so long at most."""
        if self.pace.free:
            return
        until = self.clock.now() + max(seconds, MOMENT)
        while (now := self.clock.now()) < until:
            wait = self.pace.seconds(service, operation, ticket, now)
            if not wait:
                return
            self.clock.sleep(min(wait, until - now))
        self.pace.leave(service, operation, ticket)

    def gives_up(self, error: AwsError, attempt: int, began: float, seconds: float, pause: float) -> bool:
        """Whether a call that failed so is not made again after a pause.

        attempt: how often it was made. began: since when. seconds: for how long AWS may be busy.
        """
        if error.kind not in (Kind.BUSY, Kind.UNREACHABLE):
            return True
        if error.momentary and attempt < ATTEMPTS:
            return False
        most = min(seconds, UNREACHABLE_SECONDS) if error.kind is Kind.UNREACHABLE else seconds
        return self.clock.now() + pause > began + most

    def told(self, error: AwsError, attempt: int, began: float) -> AwsError:
        """The error with how often and for how long it was tried."""
        if attempt == 1 or error.kind not in (Kind.BUSY, Kind.UNREACHABLE):
            return error
        return error.with_note(f"Tried {attempt} times in {self.clock.now() - began:.0f} seconds.")

    def unmet(self, conditions: Iterable[Condition], patience: Patience, looks: int = 1) -> str:
        """Waits until all conditions hold, and returns the empty string then.

        Where patience does not wait, each is looked at once, and what is still going on is returned.
        looks: how often in a row a condition must hold that was not seen unmet before: reads may lag behind a change
        that AWS has just taken.
        Raises AwsError, WaitTimeoutError, StuckError.
        """
        for asked, alike in groupby(conditions, _look):
            with self.progress.wait(patience.seconds) as tell:
                going_on = self._unmet(asked, tuple(alike), patience, looks, tell)
            if going_on:
                return going_on
        return ""

    def _unmet(self, asked: Read, conditions: Sequence[Condition], patience: Patience, looks: int, tell: Tell) -> str:
        """Waits for conditions that one read tells of: what holds holds at the same moment."""
        held, doubt = 0, Doubt()
        deadline = self.clock.now() + patience.seconds
        for pause in polling():
            try:
                answer = self.read(asked)
            except AwsError as error:
                # Whoever waits for an hour does not mind that the network is down for a minute of it.
                if not error.momentary or not patience.wait or self.clock.now() + pause > deadline:
                    raise
                held = 0
                self.clock.sleep(pause)
                continue
            unmet = next((condition for condition in conditions if not condition.holds(answer)), None)
            if unmet is None:
                held += 1
                if held >= looks or not patience.wait:
                    return ""
                self.clock.sleep(SECOND_LOOK)
                continue
            # It has been seen under way, so reads do not lag behind it any more.
            held, looks = 0, 1
            _check_hope(unmet, answer, doubt.sure(undone(unmet, answer), self.clock.now()))
            if not patience.wait:
                return unmet.waiting_for(answer)
            if self.clock.now() + pause > deadline:
                raise WaitTimeoutError(unmet.waiting_for(answer), patience.seconds)
            tell(unmet.waiting_for(answer), *unmet.measured(answer))
            self.clock.sleep(pause)
        raise AssertionError("the pauses never end")

    def knows(self, operation: str, member: str, service: str = "dynamodb") -> bool:
        """Whether this botocore can send a member of an operation's request."""
        shape = self._client(service).meta.service_model.operation_model(operation).input_shape
        return member in shape.members

    def endpoint(self, service: str = "dynamodb") -> str:
        """Where calls of a service go."""
        return str(self._client(service).meta.endpoint_url)

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self.known_clients:
                self.known_clients[service] = self.new_client(service)
            return self.known_clients[service]

    def _call(self, service: str, operation: str, arguments: Mapping[str, Any], whole: bool) -> Mapping[str, Any]:
        client = self._client(service)
        method = xform_name(operation)
        try:
            if whole and client.can_paginate(method):
                return client.get_paginator(method).paginate(**arguments).build_full_result()
            answer = getattr(client, method)(**arguments)
            # A stream may break while it is read, so that belongs to the call.
            return {**answer, "Body": answer["Body"].read()} if "Body" in answer else answer
        except ClientError as error:
            raise refusal(error, service, operation, arguments) from error
        except (BotoCoreError, HTTPClientError, ResponseParserError, CutAnswerError) as error:
            raise no_answer(error, service, operation, arguments, client.meta.endpoint_url) from error


def _look(condition: Condition) -> Read:
    return Read(condition.operation, condition.arguments, condition.service)


def _check_hope(condition: Condition, answer: Mapping[str, Any] | None, overtaken: str) -> None:
    if isinstance(condition, Guard):
        text = condition.waiting_for(answer)
        raise AwsError(
            asked_for(condition.operation, condition.arguments), "Changed", text, Kind.MOVED, "Run it again."
        )
    hopeless = condition.hopeless(answer) or overtaken
    if hopeless:
        raise StuckError(hopeless)
