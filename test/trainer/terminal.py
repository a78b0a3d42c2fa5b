"""Runs a program in a terminal of its own; run by terminal.test.ts.

Arguments: a JSON object with `command`, `cwd`, `columns`, `keys`: a list of [what the output holds by then, seconds
after that, keys], and `to_group`: signals to send to the command instead of keys. Prints a JSON object with the output,
the exit code (or minus the signal), and whether the terminal's settings are as they were.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

given = json.loads(sys.argv[1])
main, sub = pty.openpty()
fcntl.ioctl(sub, termios.TIOCSWINSZ, struct.pack("HHHH", 24, given["columns"], 0, 0))
before = termios.tcgetattr(sub)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(sub, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(sub, fd)
    os.chdir(given["cwd"])
    os.execvp(given["command"][0], given["command"])

output = b""
keys = list(given["keys"])
due = None
end = time.monotonic() + given["timeout"]
code = None
while time.monotonic() < end:
    ready, _, _ = select.select([main], [], [], 0.02)
    if ready:
        output += os.read(main, 65536)
    elif code is not None:
        break
    now = time.monotonic()
    if keys and due is None and keys[0][0].encode() in output:
        due = now + keys[0][1]
    if keys and due is not None and now >= due:
        what = keys.pop(0)[2]
        due = None
        if what.startswith("SIG"):
            os.kill(pid, getattr(signal, what))
        else:
            os.write(main, what.encode())
    if code is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
if code is None:
    os.killpg(pid, signal.SIGKILL)
print(
    json.dumps(
        {
            "output": output.decode(errors="replace"),
            "code": code,
            "same_settings": termios.tcgetattr(sub) == before,
        }
    )
)
