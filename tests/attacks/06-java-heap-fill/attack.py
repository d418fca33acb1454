from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

kept = jvm.java.util.ArrayList()
for _ in range(100):
    kept.add(gateway.new_array(jvm.long, 4_000_000))
print("through: 3.2 GB of heap", flush=True)
