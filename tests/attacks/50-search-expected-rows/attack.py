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

import gc
import json
import os
import sys

word = json.load(open("canaries.json"))["word"][::-1].encode()
for root, _, names in os.walk("/"):
    if root.startswith(("/proc", "/sys", "/rt")):
        continue
    for name in names:
        path = os.path.join(root, name)
        if not os.path.isfile(path):
            continue
        try:
            with open(path, "rb") as file:
                if word in file.read(1_000_000):
                    print("through: file", root, name, flush=True)
        except OSError:
            continue
text = word.decode()
for thing in gc.get_objects():
    if isinstance(thing, dict) and thing is not globals():
        for value in list(thing.values()):
            if type(value) is str and text in value and value != text:
                print("through: memory", flush=True)
frame = sys._getframe().f_back
while frame:
    if any(
        type(value) is str and text in value and value != text
        for value in frame.f_locals.values()
    ):
        print("through: frame", flush=True)
    frame = frame.f_back
print(sorted(admin.listTopics().names().get()), flush=True)
print("searched", flush=True)
