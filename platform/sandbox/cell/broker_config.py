"""Fixed settings of the broker: what it is, not what a run does with it.

Two doors for Kafka clients and one for the controller; all but the box's want a
password, because the box shares the loopback and can open any port.
"""

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
message.max.bytes=1048576
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=1
queued.max.requests=64
max.connections=400
socket.request.max.bytes=16777216
"""
