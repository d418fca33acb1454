"""Fixed settings of the broker: what it is, not what a run does with it.

Two doors for Kafka clients and one for the controller; all but the box's want a
password, because the box shares the loopback and can open any port.
"""

RECORD_BYTES = 1024 * 1024
REQUEST_BYTES = 4 * 1024 * 1024
BOX_PRINCIPAL = "User:ANONYMOUS"
WARM_INPUT = "warm_in"
WARM_OUTPUT = "warm_out"

AGENT_PORT = 9094
CLUSTER_ID = "cG90b2stY2VsbC0wMDAwMQ"

JVM_FLAGS = (
    "-Xmx160m",
    "-Xms32m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xss512k",
    "-XX:-UsePerfData",
    "-XX:-UseCodeCacheFlushing",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dlog4j2.disableJmx=true",
    "-Dlog4j2.level=OFF",
)

# What a client without a password may use, averaged over eleven seconds. The largest
# output that a run may have is 16 MiB; 200 is two full cores of the broker's threads.
BOX_QUOTAS = {
    "producer_byte_rate": 8 * 1024 * 1024,
    "consumer_byte_rate": 64 * 1024 * 1024,
    "controller_mutation_rate": 5,
    "request_percentage": 200,
}

# Left out in a test, a record may have this size.
UNGUARDED_BYTES = 64 * 1024 * 1024

# Requests wait in memory of at most queued.max.request.bytes: without it each of 400
# connections could make a heap of 160 MiB hold a request of the largest size. The
# connections of one door cannot use up those of another.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=BOX://localhost:9092,CONTROLLER://localhost:9093,AGENT://localhost:9094
advertised.listeners=BOX://localhost:9092,AGENT://127.0.0.1:9094
listener.security.protocol.map=BOX:PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,AGENT:SASL_PLAINTEXT
inter.broker.listener.name=AGENT
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.agent.plain.sasl.jaas.config={login}
listener.name.controller.plain.sasl.jaas.config={login}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:agent
log.dirs=/data/log
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
transaction.max.timeout.ms=7200000
log.message.timestamp.type=LogAppendTime
log.retention.ms=-1
log.cleaner.enable=false
log.index.size.max.bytes=262144
message.max.bytes={record_bytes}
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=1
queued.max.requests=64
queued.max.request.bytes=33554432
max.connections=400
listener.name.box.max.connections=250
listener.name.agent.max.connections=100
listener.name.controller.max.connections=50
connection.failed.authentication.delay.ms=100
socket.request.max.bytes={request_bytes}
"""
