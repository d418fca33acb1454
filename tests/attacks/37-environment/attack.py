from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

import os

print(dict(os.environ), flush=True)
print(jvm.java.lang.System.getenv().toString(), flush=True)
print(jvm.java.lang.System.getProperties().toString(), flush=True)
for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "POTOK_AGENT"):
    if name in os.environ:
        print("through:", name, os.environ[name], flush=True)
