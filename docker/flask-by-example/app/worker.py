"""Work the queue off. `worker.py --check` exits 0 while a worker of this machine lives."""

import socket
import sys
from importlib import import_module

from rq import Worker
from rq.serializers import JSONSerializer

import jobs

# Seconds. A worker that was killed is missed, and its job given to another, after about HEARTBEAT + GRACE + TIDYING.
HEARTBEAT = 5
GRACE = 10
TIDYING = 5


class WordWorker(Worker):
    queue_class = jobs.WordQueue

    def get_heartbeat_ttl(self, job):
        # RQ's own is 60 seconds longer.
        return self.job_monitoring_interval + GRACE


def main():
    connection = jobs.connect()
    if "--check" in sys.argv:
        sys.exit(not any(worker.hostname == socket.gethostname() for worker in Worker.all(connection)))
    # Once here, not again in the process that is forked for each job.
    import_module("tasks")
    worker = WordWorker(
        [jobs.queue(connection)],
        connection=connection,
        serializer=JSONSerializer,
        job_monitoring_interval=HEARTBEAT,
        maintenance_interval=TIDYING,
        # Waits for a job this long less 15 seconds, then tidies up.
        worker_ttl=TIDYING + 15,
    )
    worker.work(logging_level="INFO")


if __name__ == "__main__":
    main()
