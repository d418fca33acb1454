from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

for made in range(1, 901):
    pool = jvm.java.util.concurrent.ScheduledThreadPoolExecutor(1)
    pool.prestartAllCoreThreads()
print("through: threads", made, flush=True)
