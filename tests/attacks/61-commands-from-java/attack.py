from pyflink.java_gateway import get_gateway

gateway = get_gateway()
jvm = gateway.jvm

import json

targets = json.load(open("canaries.json"))
for words in (["/bin/sh", "-c", "id"], ["/rt/py/bin/python3.12", "-c", "print(7)"]):
    command = gateway.new_array(jvm.java.lang.String, len(words))
    for number, word in enumerate(words):
        command[number] = word
    try:
        process = jvm.java.lang.ProcessBuilder(command).start()
        print("ended", process.waitFor(), flush=True)
    except Exception as error:
        print("refused:", str(getattr(error, "java_exception", error))[:200])
try:
    path = jvm.java.nio.file.Paths.get(
        targets["secret"], gateway.new_array(jvm.java.lang.String, 0)
    )
    print("through:", jvm.java.nio.file.Files.readString(path), flush=True)
except Exception as error:
    print("refused:", str(getattr(error, "java_exception", error))[:200], flush=True)
