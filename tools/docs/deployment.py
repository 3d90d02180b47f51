"""Generated parts of deploy/ with an entry for each pool."""

from cli.local.processes import POOLS
from jobs.kinds import CONTENT_GENERATE

#: Image and resources of the pool with the extra `generate`, for one piece of content, and of other pools.
_BUSY = {"image": "tenantry-generate", "cpu": '"1"', "memory": "1Gi", "limit": "1536Mi", "slots": '"1"'}
_OTHER = {"image": "tenantry", "cpu": "100m", "memory": "256Mi", "limit": "1Gi", "slots": '"0"'}

_COMPOSED = """\
  {pool}:
    <<: *process
    command: [python, -m, workers, {pool}]
"""

_COMPOSED_BUSY = """\
  {pool}:
    <<: *process
    image: tenantry-generate
    build: {{context: .., dockerfile: deploy/Dockerfile, target: generate}}
    command: [python, -m, workers, {pool}]
"""

_WORKER = """\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: tenantry-worker-{pool}
  labels: {{app: tenantry, process: worker, pool: {pool}}}
spec:
  selector:
    matchLabels: {{app: tenantry, process: worker, pool: {pool}}}
  template:
    metadata:
      labels: {{app: tenantry, process: worker, pool: {pool}}}
    spec:
      enableServiceLinks: false
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 60
      securityContext: {{runAsNonRoot: true, runAsUser: 10001, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: worker
          image: {image}:0.1.0
          command: [python, -m, workers, {pool}]
          envFrom: [{{configMapRef: {{name: tenantry}}}}, {{secretRef: {{name: tenantry}}}}]
          env:
            - {{name: HEALTH_PORT, value: "9100"}}
            - {{name: GENERATE_SLOTS, value: {slots}}}
          ports: [{{name: metrics, containerPort: 9100}}]
          startupProbe: {{httpGet: {{path: /healthz, port: metrics}}, periodSeconds: 2, failureThreshold: 60}}
          livenessProbe:
            httpGet: {{path: /healthz, port: metrics}}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          resources:
            requests: {{cpu: {cpu}, memory: {memory}}}
            limits: {{memory: {limit}}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {{drop: [ALL]}}
          volumeMounts: [{{name: tmp, mountPath: /tmp}}]
      volumes: [{{name: tmp, emptyDir: {{}}}}]
"""

_SCALER = """\
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: tenantry-worker-{pool}
spec:
  scaleTargetRef: {{name: tenantry-worker-{pool}}}
  pollingInterval: 15
  minReplicaCount: 1
  maxReplicaCount: 10
  fallback: {{failureThreshold: 4, replicas: 2}}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown: {{stabilizationWindowSeconds: 300}}
  triggers:
    - type: metrics-api
      metricType: AverageValue
      metadata:
        url: http://tenantry-web.default.svc:8000/v1/ops/pools
        valueLocation: items.#(name=="{pool}").desiredWorkers
        targetValue: "1"
        authMode: bearer
      authenticationRef: {{name: tenantry-ops-read}}
"""


def systemd_wants() -> str:
    """Return the `Wants=` lines of tenantry.target for a worker of each pool."""
    return "".join(f"Wants=tenantry-worker@{pool}.service\n" for pool in POOLS)


def composed_workers() -> str:
    """Return the worker services of compose.yaml."""
    return "".join((_COMPOSED_BUSY if is_busy(pool) else _COMPOSED).format(pool=pool) for pool in POOLS)


def kubernetes_workers() -> str:
    """Return a Kubernetes Deployment for each pool."""
    return "".join(_WORKER.format(pool=pool, **(_BUSY if is_busy(pool) else _OTHER)) for pool in POOLS)


def scalers() -> str:
    """Return a KEDA ScaledObject for each pool."""
    return "".join(_SCALER.format(pool=pool) for pool in POOLS)


def is_busy(pool: str) -> bool:
    """Return whether the pool's jobs are CPU-bound and need the extra `generate`."""
    return pool == CONTENT_GENERATE.pool
