from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

NAMES = "org.apache.flink.kafka.shaded.org.apache.kafka"
kafka = jvm.org.apache.flink.kafka.shaded.org.apache.kafka

settings = jvm.java.util.Properties()
settings.put("bootstrap.servers", "localhost:9092")
settings.put("max.block.ms", "6000")
for name in ("key", "value"):
    settings.put(
        f"{name}.serializer",
        NAMES + ".common.serialization.StringSerializer",
    )
producer = kafka.clients.producer.KafkaProducer(settings)


def send(topic, text):
    record = kafka.clients.producer.ProducerRecord(topic, text)
    return producer.send(record).get()


send("totals", "[" * 100_000)
send("totals", '{"window_start": NaN, "status": 1e400, "total": ' + "9" * 5000 + "}")
send("totals", '{"status": "a", "status": "b"}')
send("totals", '"' + "x" * 900_000 + '"')
print("sent", flush=True)
