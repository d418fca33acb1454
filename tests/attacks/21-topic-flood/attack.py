from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

NAMES = "org.apache.flink.kafka.shaded.org.apache.kafka"
kafka = jvm.org.apache.flink.kafka.shaded.org.apache.kafka

settings = jvm.java.util.Properties()
settings.put("bootstrap.servers", "localhost:9092")
settings.put("default.api.timeout.ms", "8000")
settings.put("request.timeout.ms", "8000")
admin = kafka.clients.admin.Admin.create(settings)

options = kafka.clients.admin.CreateTopicsOptions()
options = options.retryOnQuotaViolation(False).timeoutMs(8000)
made = 0
for start in (0, 100, 200):
    topics = jvm.java.util.ArrayList()
    for number in range(start, start + 100):
        name = f"potok-attack-{number}"
        topics.add(kafka.clients.admin.NewTopic(name, 1, 1))
    answers = admin.createTopics(topics, options).values()
    for name in list(answers.keySet()):
        try:
            answers[name].get()
            made += 1
        except Exception as error:
            last = str(getattr(error, "java_exception", error))
print("made", made, last[:200] if made < 300 else "", flush=True)
if made > 0:
    print("through: topics were created", flush=True)
if made == 300:
    print("through: all 300 topics", flush=True)
