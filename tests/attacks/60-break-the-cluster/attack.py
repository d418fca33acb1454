from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

threads = jvm.java.lang.Thread.getAllStackTraces().keySet()
for thread in list(threads):
    if "flink" in thread.getName() or "pekko" in thread.getName():
        thread.interrupt()
print("interrupted", flush=True)
