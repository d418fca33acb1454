"""Which attack must get through where which protection is left out."""

from dataclasses import dataclass

from sandbox.protections import Protection


@dataclass(frozen=True, slots=True)
class Sabotage:
    """``word`` must be in what the harness then finds wrong.

    Two protections are left out together where either alone still holds the attack.
    Not ``in_slot`` are those that the agent's watch would hold as well: they are shown
    in the jail alone (``test_jail``), where nobody watches.
    """

    without: tuple[Protection, ...]
    number: int
    word: str
    program: str = "attack"
    in_slot: bool = True


CASES = (
    Sabotage((Protection.SECCOMP,), 34, "through: netlink"),
    Sabotage(
        (Protection.DISABLED_USERNS, Protection.SECCOMP), 40, "through: user namespace"
    ),
    Sabotage((Protection.CAPABILITIES,), 40, "through: capabilities"),
    Sabotage((Protection.CLEAR_ENVIRONMENT,), 37, "through: POTOK_AGENT"),
    Sabotage((Protection.MINIMAL_MOUNTS,), 35, "through: /root/.env"),
    Sabotage((Protection.HIDDEN_DESCRIPTORS,), 35, "through: descriptor"),
    Sabotage((Protection.READ_ONLY_IMAGE,), 52, "through: wrote /rt/app"),
    Sabotage((Protection.OWN_PID_NAMESPACE,), 36, "through: sees"),
    Sabotage((Protection.OWN_IPC_NAMESPACE,), 78, "through: found shared memory"),
    Sabotage((Protection.OWN_NETWORK,), 31, "169.254.169.254"),
    Sabotage((Protection.DATA_LIMIT,), 4, "through: one block", in_slot=False),
    Sabotage((Protection.TASK_LIMIT,), 1, "through: processes 900", in_slot=False),
    Sabotage(
        (Protection.TASK_LIMIT, Protection.TASK_WATCHDOG), 1, "through: processes 900"
    ),
    Sabotage((Protection.TASK_WATCHDOG,), 1, "ending learner_error"),
    Sabotage((Protection.MEMORY_WATCHDOG,), 5, "through: 1.8 GB"),
    Sabotage((Protection.FILE_DESCRIPTORS,), 29, "through: open files 6000"),
    Sabotage((Protection.FILE_SIZE,), 12, "through: a file of 1 GB"),
    Sabotage((Protection.SCRATCH_BYTES,), 11, "through: 700 MB"),
    Sabotage((Protection.SCRATCH_INODES,), 13, "through: 30 000 files"),
    Sabotage((Protection.WALL_LIMIT,), 22, "through: slept to the end"),
    Sabotage((Protection.CPU_LIMIT,), 23, "through: computed to the end"),
    Sabotage((Protection.OUTPUT_ROWS,), 19, "ending completed"),
    Sabotage(
        (Protection.OUTPUT_BYTES,), 19, "ending completed", program="attack-bytes"
    ),
    Sabotage((Protection.SAID_BYTES,), 15, "through: 12 MB printed"),
    Sabotage((Protection.KAFKA_ACL,), 56, "through: wrote the input"),
    Sabotage(
        (Protection.KAFKA_ACL, Protection.KAFKA_QUOTA), 21, "through: all 300 topics"
    ),
    Sabotage((Protection.KAFKA_MESSAGE_SIZE,), 20, "ending completed"),
    Sabotage(
        (Protection.KAFKA_QUOTA,), 19, "never slowed", program="attack-transaction"
    ),
    Sabotage(
        (Protection.KAFKA_QUOTA,), 30, "through: connections", program="attack-broker"
    ),
)
# Left out where there is no box: test_collection.py.
ELSEWHERE = {Protection.BENEATH_ONLY_COLLECTION, Protection.AUTHOR_NETWORK}
