"""The single protections of a slot, by name, so that a test can leave one out.

Sabotage is how a deny test shows that it is real: with the protection gone that is
meant to refuse an attack, the test must fail. Nothing here can be set from the
environment, a settings file or a request; a pool with a protection left out never
passes :func:`sandbox.selfcheck.require_proof`, so it can never serve people.

Each protection is left out at one place, the one that otherwise applies it, and in a
way that cannot harm the machine: what would open the host is replaced by a canary.
"""

from collections.abc import Iterable
from enum import StrEnum

# What a canary says to whoever reaches it.
CANARY = "potok-canary"


class Protection(StrEnum):
    """One protection that can be left out; :data:`STOPS` says what each stops."""

    SECCOMP = "seccomp"
    DISABLED_USERNS = "disabled_userns"
    CAPABILITIES = "capabilities"
    CLEAR_ENVIRONMENT = "clear_environment"
    MINIMAL_MOUNTS = "minimal_mounts"
    READ_ONLY_IMAGE = "read_only_image"
    OWN_PID_NAMESPACE = "own_pid_namespace"
    OWN_IPC_NAMESPACE = "own_ipc_namespace"
    OWN_NETWORK = "own_network"
    HIDDEN_DESCRIPTORS = "hidden_descriptors"
    DIE_WITH_PARENT = "die_with_parent"
    DATA_LIMIT = "data_limit"
    TASK_LIMIT = "task_limit"
    TASK_WATCHDOG = "task_watchdog"
    MEMORY_WATCHDOG = "memory_watchdog"
    MEMORY_CGROUP = "memory_cgroup"
    FILE_DESCRIPTORS = "file_descriptors"
    FILE_SIZE = "file_size"
    SCRATCH_BYTES = "scratch_bytes"
    SCRATCH_INODES = "scratch_inodes"
    WALL_LIMIT = "wall_limit"
    CPU_LIMIT = "cpu_limit"
    OUTPUT_ROWS = "output_rows"
    OUTPUT_BYTES = "output_bytes"
    SAID_BYTES = "said_bytes"
    KAFKA_ACL = "kafka_acl"
    KAFKA_QUOTA = "kafka_quota"
    KAFKA_MESSAGE_SIZE = "kafka_message_size"
    BENEATH_ONLY_COLLECTION = "beneath_only_collection"
    AUTHOR_NETWORK = "author_network"


STOPS = {
    Protection.SECCOMP: "system calls that reach other processes, kernel objects "
    "shared by all, or rarely used kernel code; foreign architectures",
    Protection.DISABLED_USERNS: "a user namespace of the program's own, and with it "
    "capabilities over new namespaces",
    Protection.CAPABILITIES: "mounts, raw sockets and everything else that root may",
    Protection.CLEAR_ENVIRONMENT: "reading variables of the agent",
    Protection.MINIMAL_MOUNTS: "reading files of the host; left out, one canary file "
    "appears as /root/.env",
    Protection.READ_ONLY_IMAGE: "changing the runner, the interpreter or the root; "
    "left out, /rt/app is a writable copy and the root is not closed",
    Protection.OWN_PID_NAMESPACE: "seeing and signalling agent and broker",
    Protection.OWN_IPC_NAMESPACE: "shared memory and message queues that outlive a run",
    Protection.OWN_NETWORK: "reaching the host's services or the world; left out, "
    "canaries of the agent answer at the addresses of such services",
    Protection.HIDDEN_DESCRIPTORS: "using files that the agent has open; left out, one "
    "canary file is inherited",
    Protection.DIE_WITH_PARENT: "a box that outlives its agent",
    Protection.DATA_LIMIT: "one process that takes all memory between two samples",
    Protection.TASK_LIMIT: "fork and thread bombs between two samples",
    Protection.TASK_WATCHDOG: "more tasks than the lab grants",
    Protection.MEMORY_WATCHDOG: "many processes that together take too much memory",
    Protection.MEMORY_CGROUP: "the same, by the kernel, where it lets the worker",
    Protection.FILE_DESCRIPTORS: "using up the kernel's table of open files",
    Protection.FILE_SIZE: "one file as large as the whole scratch space",
    Protection.SCRATCH_BYTES: "filling memory through /tmp, /work or /dev/shm",
    Protection.SCRATCH_INODES: "filling kernel memory with empty files",
    Protection.WALL_LIMIT: "programs that sleep for ever",
    Protection.CPU_LIMIT: "programs that compute for ever",
    Protection.OUTPUT_ROWS: "a flood of rows",
    Protection.OUTPUT_BYTES: "a few enormous rows",
    Protection.SAID_BYTES: "a flood on stdout or stderr",
    Protection.KAFKA_ACL: "writing inputs, reading outputs, making, changing or "
    "deleting topics, seeing what is not the run's own",
    Protection.KAFKA_QUOTA: "a flood of requests, connections or bytes on the broker",
    Protection.KAFKA_MESSAGE_SIZE: "one record that fills the broker's memory",
    Protection.BENEATH_ONLY_COLLECTION: "a result file that is a link to another file",
    Protection.AUTHOR_NETWORK: "a lab's own code that reaches the site's services",
}

# What stays on in every sabotage run, and why.
UNSAFE_TO_SABOTAGE = {
    "ordinary_user": "the agent under root would make the box's user 0 the host's root",
    "network_namespace": "the box would reach the real services of the host and the "
    "world; canaries inside the namespace stand for them instead",
    "mount_namespace": "the box would see the host's own files; a canary file stands "
    "for them",
    "agent_pid_namespace": "nothing would end what a sabotaged box leaves behind",
    "new_session": "a worker has no terminal, so leaving it out would show nothing; "
    "the filter refuses TIOCSTI besides",
    "agent_password": "the broker's other doors would be open to the box, and it "
    "could no longer tell the agent's requests from the student's",
    "author_limits": "a lab's own code without limits would load the worker itself",
}


def left_out(names: Iterable[str]) -> frozenset[Protection]:
    """Return the protections with these names; ValueError names an unknown one."""
    return frozenset(Protection(name) for name in names)
