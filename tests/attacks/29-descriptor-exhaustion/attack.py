import os
import resource

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(6000)]
print("through: open files", len(opened), flush=True)
