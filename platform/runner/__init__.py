"""What runs inside the box: the Flink cluster and the student's program.

Executed by the runtime image's Python only. Nothing here is trusted by the outside;
it must be fast, honest about the student's mistakes, and fail without traces of itself.
"""
