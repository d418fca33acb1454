import time

from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

NAMES = "org.apache.flink.kafka.shaded.org.apache.kafka"
kafka = jvm.org.apache.flink.kafka.shaded.org.apache.kafka

settings = jvm.java.util.Properties()
settings.put("bootstrap.servers", "localhost:9092")
settings.put("max.block.ms", "20000")
settings.put("transactional.id", "potok-attack")
for name in ("key", "value"):
    settings.put(
        f"{name}.serializer",
        NAMES + ".common.serialization.ByteArraySerializer",
    )
producer = kafka.clients.producer.KafkaProducer(settings)
producer.initTransactions()
producer.beginTransaction()
row = gateway.new_array(jvm.byte, 900_000)
began = time.monotonic()
for _ in range(120):
    producer.send(kafka.clients.producer.ProducerRecord("totals", row))
producer.flush()
slowed = 0
metrics = producer.metrics()
for name in list(metrics.keySet()):
    if name.name() == "produce-throttle-time-max":
        slowed = max(slowed, metrics[name].metricValue())
seconds = time.monotonic() - began
print(f"measured: 108 MB in {seconds:.1f} s, once held for {slowed} ms", flush=True)
if not slowed > 0:
    print("through: 108 MB and never slowed down", flush=True)
