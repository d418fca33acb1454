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
for _ in range(70):
    producer.send(kafka.clients.producer.ProducerRecord("totals", row))
producer.commitTransaction()
print("written", flush=True)
