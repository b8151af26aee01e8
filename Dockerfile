# The sync server.  Build: docker build -t kazi-tutorial .
# Both stages have the same base, so that the virtual environment fits the second one.

FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

# Pins change less often than code: this layer is kept between builds.
COPY deploy/docker/build.txt deploy/docker/server.txt deploy/docker/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r deploy/docker/build.txt \
    && python -m venv /opt/kazi \
    && /opt/kazi/bin/pip install --require-hashes --only-binary :all: -r deploy/docker/server.txt

COPY pyproject.toml README.md LICENSE ./
COPY client_sdk client_sdk
COPY overlay_kivy overlay_kivy
COPY sync_server sync_server
COPY migrations migrations
# hatchling, of this stage's pins, is all that a build needs; nothing is fetched here.
RUN /opt/build/bin/python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/kazi/bin/pip install --no-index --no-deps /dist/*.whl \
    && /opt/kazi/bin/kazi-server --version \
    && /opt/kazi/bin/pip uninstall --yes pip

FROM python:3.12-slim-bookworm

# A number and no name in USER, so that Kubernetes can tell that it is not root.
RUN groupadd --system --gid 10001 kazi \
    && useradd --system --uid 10001 --gid kazi --no-create-home --home-dir /nonexistent kazi
COPY --from=build /opt/kazi /opt/kazi
ENV PATH=/opt/kazi/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KAZI_HOST=0.0.0.0

USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('KAZI_PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["kazi-server"]
CMD ["serve"]
