"""The queue of pages to count: written to by the app, worked off by the worker."""

import os

from redis import Redis
from rq import Queue, Retry
from rq.serializers import JSONSerializer

# Seconds. The fetch itself gives up earlier.
LONGEST_JOB = 60
KEPT = 24 * 60 * 60
# A worker may die of this very job: not for ever.
TRIES = 5
# Seconds after which a worker that keeps the queue tidy counts as dead.
LONGEST_TIDYING = 30


class WordQueue(Queue):
    def acquire_maintenance_lock(self):
        # RQ's own lock outlives a worker that was killed while it held it by 15 minutes.
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=LONGEST_TIDYING))


def connect():
    return Redis.from_url(os.environ.get("REDISTOGO_URL", "redis://redis:6379"), health_check_interval=30)


def queue(connection):
    # JSON: whoever could write to Redis would otherwise run code in the worker.
    return WordQueue(connection=connection, serializer=JSONSerializer, default_timeout=LONGEST_JOB)


def submit(queue, url):
    """Queue the page at `url`; the id under which its result will be found."""
    return queue.enqueue(
        "tasks.count_words", url, retry=Retry(max=TRIES - 1), result_ttl=KEPT, failure_ttl=KEPT, description=url
    ).id
