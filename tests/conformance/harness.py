# SPDX-License-Identifier: MIT
"""Runs one command under limits: time, memory, size of the output, and a process group of its own."""
import os
import resource
import signal
import subprocess
import tempfile
import time

OUTPUT_BYTES = 64 << 20
PAGE = resource.getpagesize()
TICKS = os.sysconf("SC_CLK_TCK")


class Result:
    """How a command ended. status: exit status, negative: the signal; failure: "", "time", "memory"."""

    def __init__(self, status, failure, output, seconds):
        self.status, self.failure, self.output, self.seconds = status, failure, output, seconds

    def verdict(self):
        """Why this is no clean end, "" when the program ended by itself."""
        if self.failure == "time":
            return "hang: no end after the time limit"
        if self.failure == "memory":
            return "memory limit"
        if self.status < 0:
            return "killed by " + signal.Signals(-self.status).name
        return ""


def limit_self():
    """Children inherit these."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))


def resident_bytes(pid):
    try:
        with open("/proc/%d/statm" % pid) as f:
            return int(f.read().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def processor_seconds(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
    except (OSError, IndexError, ValueError):
        return 0


def wait(process, seconds, memory):
    """The limit is one of processor time, so that a busy machine changes no verdict; waiting may take
    ten times as long."""
    end = time.monotonic() + 10 * seconds
    while True:
        try:
            process.wait(timeout=0.1)
            return ""
        except subprocess.TimeoutExpired:
            if time.monotonic() > end or processor_seconds(process.pid) > seconds:
                return "time"
            if resident_bytes(process.pid) > memory:
                return "memory"


def end(process):
    """Not reaped yet, so the group is still ours."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(argv, seconds, memory, cwd=None, env=None, merge=True):
    """Standard output and error arrive together, in order; merge=False: the output is a pair of the two."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out if merge else err, cwd=cwd,
                                   env=env, start_new_session=True)
        try:
            failure = wait(process, seconds, memory)
        except BaseException:
            end(process)
            raise
        if failure:
            end(process)
        texts = []
        for f in (out, err):
            f.seek(0)
            texts.append(f.read())
    return Result(process.returncode, failure, texts[0] if merge else tuple(texts), time.monotonic() - started)
