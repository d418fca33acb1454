import os
import resource
import signal

print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGSEGV)
status = os.waitpid(child, 0)[1]
if os.WCOREDUMP(status):
    print("through: a core was dumped", flush=True)
