"""nginx and the app as in supervisor.py, and before them the bucket GCS_BUCKET, mounted where the app stores its uploads.

The mounting itself takes CAP_SYS_ADMIN, serving the mounted files does not: so this opens the FUSE channel and mounts,
then gcsfuse gets the open channel and runs as the app's user, and no process keeps the capability. (As in GKE's
driver: https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver.)
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys

from supervisor import APP_USER, NGINX, Program, Supervisor, gunicorn

MOUNT_ROOT = "/mnt/gcsfuse"
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
PROBE_SECONDS = 30


def main():
    bucket = os.environ.get("GCS_BUCKET", "")
    if not bucket:
        sys.exit("GCS_BUCKET: no bucket named. Set it to the name of the bucket that holds the uploads.")
    supervisor = Supervisor()
    channel = mount(bucket)
    supervisor.start(gcsfuse(bucket, channel, os.environ.get("GCS_ENDPOINT", "")))
    probe(bucket)
    supervisor.start(gunicorn())
    supervisor.start(NGINX)
    return supervisor.watch()


def mount(bucket):
    """Returns the open FUSE channel of a file system mounted at MOUNT_ROOT, which waits for its server."""
    app = pwd.getpwnam(APP_USER)
    try:
        channel = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={channel},rootmode=40000,user_id={app.pw_uid},group_id={app.pw_gid},allow_other,default_permissions"
        libc = ctypes.CDLL(None, use_errno=True)
        arguments = (text.encode() for text in (bucket, MOUNT_ROOT, "fuse.gcsfuse"))
        if libc.mount(*arguments, MS_NOSUID | MS_NODEV | MS_NOEXEC, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), f"mounting at {MOUNT_ROOT}: {os.strerror(ctypes.get_errno())}")
    except OSError as problem:
        sys.exit(
            f"{problem}. Start the container as root with the device /dev/fuse, the capability SYS_ADMIN and, where there is AppArmor, "
            "security_opt apparmor:unconfined."
        )
    return channel


def gcsfuse(bucket, channel, endpoint):
    app = pwd.getpwnam(APP_USER)
    command = ["gcsfuse", "--foreground", "--log-format=text", "--log-severity=warning", "--trace-exporters=", "-o", "allow_other", "-o", "nonempty", "--implicit-dirs"]
    # nginx reads as a member of the app's group.
    command += [f"--uid={app.pw_uid}", f"--gid={app.pw_gid}", "--file-mode=0640", "--dir-mode=0750"]
    if endpoint:
        # An emulator: it knows no credentials, no hierarchical namespaces and no atomic renames.
        command += ["--anonymous-access", f"--custom-endpoint={endpoint}/storage/v1/"]
        command += ["--enable-hns=false", "--enable-atomic-rename-object=false", "--rename-dir-limit=1000"]
    # It is stopped when the app has closed its files, each of which is then in the bucket, and would
    # otherwise wait 30 s for somebody to unmount.
    return Program([*command, bucket, f"/dev/fd/{channel}"], stop=signal.SIGKILL, pass_fds=(channel,))


def probe(bucket):
    """A mount that is there proves nothing: the bucket may be missing, or not be writable."""
    file = f"{MOUNT_ROOT}/.probe-{os.uname().nodename}"
    script = 'echo probe > "$0" && [ "$(cat "$0")" = probe ] && rm "$0"'
    app = pwd.getpwnam(APP_USER)
    try:
        subprocess.run(["sh", "-c", script, file], check=True, timeout=PROBE_SECONDS, user=app.pw_uid, group=app.pw_gid, extra_groups=[])
    except subprocess.SubprocessError:
        sys.exit(f"GCS_BUCKET: the bucket {bucket} cannot be written and read, see gcsfuse's message above.")


if __name__ == "__main__":
    sys.exit(main())
