from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

kept = jvm.java.util.ArrayList()
for _ in range(30):
    kept.add(jvm.java.nio.ByteBuffer.allocateDirect(100_000_000))
print("through: 3 GB off the heap", flush=True)
