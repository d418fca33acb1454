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


try:
    send("orders", '{"status": "forged", "amount": 1, "at": "2026-01-01 00:00:00"}')
    print("through: wrote the input", flush=True)
except Exception as error:
    print("refused:", str(getattr(error, "java_exception", error))[:200], flush=True)
admin = kafka.clients.admin.Admin.create(settings)
names = jvm.java.util.ArrayList()
names.add("unknown-of-attack")
try:
    admin.deleteTopics(names).all().get()
    print("through: deletes topics", flush=True)
except Exception as error:
    said = str(getattr(error, "java_exception", error))
    print("refused:", said[:200], flush=True)
try:
    admin.listConsumerGroups().all().get()
    groups = [str(group) for group in admin.listConsumerGroups().all().get()]
    if any("agent" in group for group in groups):
        print("through: sees the agent's group", groups, flush=True)
except Exception as error:
    print("refused:", str(getattr(error, "java_exception", error))[:200], flush=True)
