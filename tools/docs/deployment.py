"""Generated parts of deploy/ with an entry for each pool."""

from cli.local.processes import WORKER_POOL_NAMES
from jobs.kinds import CONTENT_GENERATE_KIND

#: Image and resources of the pool with the extra `generate`, for one piece of content, and of other pools.
_KUBERNETES_CPU_BOUND_POOL_VALUES = {
    "image": "tenantry-generate",
    "cpu": '"1"',
    "memory": "1Gi",
    "limit": "1536Mi",
    "slots": '"1"',
}
_KUBERNETES_DEFAULT_WORKER_VALUES = {
    "image": "tenantry",
    "cpu": "100m",
    "memory": "256Mi",
    "limit": "1Gi",
    "slots": '"0"',
}

_COMPOSE_WORKER_TEMPLATE = """\
  {pool}:
    <<: *process
    command: [python, -m, workers, {pool}]
"""

_COMPOSE_CPU_BOUND_POOL_TEMPLATE = """\
  {pool}:
    <<: *process
    image: tenantry-generate
    build: {{context: .., dockerfile: deploy/Dockerfile, target: generate}}
    command: [python, -m, workers, {pool}]
"""

_KUBERNETES_DEPLOYMENT_TEMPLATE = """\
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

_KEDA_SCALED_OBJECT_TEMPLATE = """\
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


def render_systemd_wants() -> str:
    """Return the `Wants=` lines of tenantry.target for a worker of each pool."""
    return "".join(f"Wants=tenantry-worker@{pool}.service\n" for pool in WORKER_POOL_NAMES)


def render_compose_workers() -> str:
    """Render the worker services for compose.yaml as YAML text: one for each pool."""
    return "".join(
        (_COMPOSE_CPU_BOUND_POOL_TEMPLATE if is_cpu_bound_pool(pool) else _COMPOSE_WORKER_TEMPLATE).format(pool=pool)
        for pool in WORKER_POOL_NAMES
    )


def render_kubernetes_workers() -> str:
    """Return a Kubernetes Deployment for each pool."""
    return "".join(
        _KUBERNETES_DEPLOYMENT_TEMPLATE.format(
            pool=pool,
            **(_KUBERNETES_CPU_BOUND_POOL_VALUES if is_cpu_bound_pool(pool) else _KUBERNETES_DEFAULT_WORKER_VALUES),
        )
        for pool in WORKER_POOL_NAMES
    )


def render_keda_scalers() -> str:
    """Return a KEDA ScaledObject for each pool."""
    return "".join(_KEDA_SCALED_OBJECT_TEMPLATE.format(pool=pool) for pool in WORKER_POOL_NAMES)


def is_cpu_bound_pool(pool: str) -> bool:
    """Return whether the pool's jobs are CPU-bound and need the extra `generate`."""
    return pool == CONTENT_GENERATE_KIND.pool
