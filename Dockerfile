# Images of docker-compose.yml. Each step is the one that `make setup` takes natively;
# no Docker engine was at hand, so the images were never built (docs/deploy.md).
#
#   web     the site: gunicorn, and manage.py for one-off commands
#   worker  the site's code plus labs: runner environment, jars, bubblewrap
#   connect Kafka Connect with Debezium, for recording new streams

FROM python:3.12-slim-bookworm AS base
ENV PYTHONPATH=/srv/potok/platform \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LAB_VAR_DIR=/var/lib/potok \
    UV_LINK_MODE=copy \
    UV_CACHE_DIR=/tmp/uv
WORKDIR /srv/potok
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin potok \
    && install -d -o potok -g potok /var/lib/potok
# The locks and the room that reads them first: a change of the site's code then
# leaves the installed environments in the build cache.
COPY .python-version ./
COPY requirements/ requirements/
COPY platform/bootstrap/ platform/bootstrap/

FROM base AS site
RUN python -m bootstrap setup --for site && rm -rf /tmp/uv /var/lib/potok/log

FROM site AS web
COPY manage.py pyproject.toml ./
COPY platform/ platform/
COPY templates/ templates/
COPY static/ static/
COPY lessons/ lessons/
COPY labs/ labs/
USER potok
EXPOSE 8000
CMD [".venv/bin/gunicorn", "--pythonpath", "platform", "--bind", "0.0.0.0:8000", \
     "--workers", "2", "--threads", "4", "--worker-class", "gthread", \
     "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "config.wsgi"]

FROM site AS worker
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap util-linux \
    && rm -rf /var/lib/apt/lists/*
RUN python -m bootstrap setup --for parts && rm -rf /tmp/uv /var/lib/potok/log
COPY manage.py pyproject.toml ./
COPY platform/ platform/
COPY templates/ templates/
COPY lessons/ lessons/
COPY labs/ labs/
# The box's image is made at the first start, into the volume behind LAB_RUNTIME_DIR:
# its archives are recorded inside a box, and a build may not make namespaces.
RUN chown -R potok:potok var/stamps
USER potok
ENV LAB_RUNTIME_DIR=/var/lib/potok/runtime
CMD ["sh", "-c", "python -m bootstrap setup && exec .venv/bin/celery --workdir platform -A config worker --pool threads --concurrency 3 --without-gossip --without-mingle --without-heartbeat --loglevel INFO"]

FROM base AS recording
RUN python -m bootstrap setup --for recording

FROM eclipse-temurin:21-jre AS connect
COPY --from=recording /srv/potok/var/jars-recording/ /opt/connect/
USER 10001
EXPOSE 8083
CMD ["java", "-Xmx512m", "-cp", "/opt/connect/*", "org.apache.kafka.connect.cli.ConnectDistributed", "/etc/connect.properties"]
