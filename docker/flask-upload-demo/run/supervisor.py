"""Runs programs side by side, each as its own user, until one of them ends: then the others are stopped and this ends too."""

import contextlib
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import dataclass

APP_USER = "demo-user"
NGINX_USER = "www-data"


@dataclass(frozen=True)
class Program:
    command: list[str]
    user: str = APP_USER
    #: Asks it to finish what it is doing, then to end.
    stop: signal.Signals = signal.SIGTERM
    #: Open files that are the program's from now on.
    pass_fds: tuple[int, ...] = ()


def gunicorn():
    # The port is open before gunicorn is: nginx's first requests wait instead of failing.
    listener = socket.create_server(("127.0.0.1", 5000), backlog=512).detach()
    command = ["/srv/demo-app/venv/bin/gunicorn", "--config", "/srv/demo-app/run/gunicorn.conf.py", "--bind", f"fd://{listener}"]
    return Program([*command, "demo.app:app"], pass_fds=(listener,))


NGINX = Program(["/usr/sbin/nginx", "-c", "/etc/nginx/nginx.conf", "-e", "stderr"], user=NGINX_USER, stop=signal.SIGQUIT)


class Supervisor:
    """To be process 1 of a container: it also collects orphans."""

    #: Seconds that the others have once one has failed.
    LAST_WORDS = 5

    def __init__(self):
        self._running: dict[int, Program] = {}
        self._watching = self._stopping = False
        self._code = 0
        for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(asked, lambda *_: self._stop())
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(self._code))
        # What the app stores is for its group, which nginx is in, and for nobody else.
        os.umask(0o027)
        if os.getuid() == 0:
            _let_others_reopen(sys.stdout.fileno())

    def start(self, program: Program):
        identity = _identity(program.user) if os.getuid() == 0 else {}
        process = subprocess.Popen(program.command, pass_fds=program.pass_fds, **identity)
        for descriptor in program.pass_fds:
            os.close(descriptor)
        self._running[process.pid] = program

    def watch(self) -> int:
        """Returns the exit code for the container: 0 when a stop was asked for, otherwise never 0."""
        _give_up_root()
        self._watching = True
        while self._running:
            pid, status = os.wait()
            program = self._running.pop(pid, None)
            if program is None:
                continue
            if not self._stopping:
                code = os.waitstatus_to_exitcode(status)
                print(f"{program.command[0]} ended with {code}, so this container ends", file=sys.stderr, flush=True)
                self._code = code if 0 < code < 256 else 1
                signal.alarm(self.LAST_WORDS)
            self._stop()
        return self._code

    def _stop(self):
        """Last started, first stopped: nginx hands its open requests to the app before the app ends."""
        if not self._watching:
            sys.exit(1)
        self._stopping = True
        for pid, program in reversed(self._running.items()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, program.stop)
            break


def _identity(user):
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": os.getgrouplist(user, entry.pw_gid)}


def _give_up_root():
    """From here on nobody in the container is root or has a capability. Signals to the programs need no more than
    that one of the sender's two user ids, real or effective, is theirs."""
    if os.getuid() != 0:
        return
    nginx, app = pwd.getpwnam(NGINX_USER), pwd.getpwnam(APP_USER)
    os.setgroups([])
    os.setresgid(app.pw_gid, app.pw_gid, app.pw_gid)
    os.setresuid(nginx.pw_uid, app.pw_uid, app.pw_uid)


def _let_others_reopen(descriptor):
    """nginx opens /dev/stdout by name, which for a pipe made for root needs its permission."""
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o622)


def main():
    supervisor = Supervisor()
    supervisor.start(gunicorn())
    supervisor.start(NGINX)
    return supervisor.watch()


if __name__ == "__main__":
    sys.exit(main())
