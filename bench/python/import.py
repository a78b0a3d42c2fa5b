"""What `import torch` takes: milliseconds of the statement, the peak of memory. `bare` as argument leaves it out."""

import sys
import time

start = time.perf_counter()
if sys.argv[1:] != ["bare"]:
    import torch  # noqa: F401
milliseconds = (time.perf_counter() - start) * 1000
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
print(f'{{"ms":{milliseconds},"peak_mb":{peak}}}')
