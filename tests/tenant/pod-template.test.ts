import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPodTemplate, hardenPodTemplate } from '../../lib/tenant/pod-template.ts';
import { tenantSpec } from './samples.ts';

const { isolation } = tenantSpec({
  isolation: {
    registries: ['registry.example.com/payments'],
    priorityClasses: ['payments-high'],
    nodeSelector: { 'pool.example.com/name': 'streaming' },
  },
});
const baseline = { ...isolation, podSecurity: 'baseline' as const };
const spec = (fields: object) => ({ spec: fields });
const main = (fields: object) => spec({ containers: [{ name: 'flink-main-container', ...fields }] });
const problemsOf = (template: unknown, rules = isolation) =>
  checkPodTemplate(template, rules, 'spec.podTemplate').problems;

/** Each rule by what it refuses and a neighbour that is allowed. */
const RULES: readonly (readonly [sentence: string, refused: object, allowed: object])[] = [
  [
    'volumes do not reach the host',
    spec({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
    spec({ volumes: [{ name: 'v', emptyDir: {} }] }),
  ],
  [
    'nor a driver of storage directly',
    spec({ volumes: [{ name: 'v', csi: { driver: 'x' } }] }),
    spec({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }),
  ],
  [
    'nor the network of the host by NFS',
    spec({ volumes: [{ name: 'v', nfs: { server: 'x', path: '/' } }] }),
    spec({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
  ],
  [
    'a volume has one source',
    spec({ volumes: [{ name: 'v', emptyDir: {}, secret: { secretName: 's' } }] }),
    spec({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
  ],
  [
    'image volumes come from allowed registries',
    spec({ volumes: [{ name: 'v', image: { reference: 'evil/x' } }] }),
    spec({ volumes: [{ name: 'v', image: { reference: 'registry.example.com/payments/jars:1' } }] }),
  ],
  ['the host’s network is not shared', spec({ hostNetwork: true }), spec({})],
  ['nor its processes', spec({ hostPID: true }), spec({})],
  ['nor its IPC', spec({ hostIPC: true }), spec({})],
  [
    'ports of the host are not taken',
    main({ ports: [{ containerPort: 9249, hostPort: 9249 }] }),
    main({ ports: [{ containerPort: 9249 }] }),
  ],
  ['nodes are not named', spec({ nodeName: 'n1' }), spec({ nodeSelector: { 'topology.kubernetes.io/zone': 'a' } })],
  ['other schedulers are not used', spec({ schedulerName: 'mine' }), spec({})],
  ['taints are not tolerated', spec({ tolerations: [{ operator: 'Exists' }] }), spec({})],
  [
    'other node pools are not chosen',
    spec({ nodeSelector: { 'pool.example.com/name': 'gpu' } }),
    spec({ nodeSelector: { 'pool.example.com/name': 'streaming' } }),
  ],
  [
    'nor by a label that the tenant does not have',
    spec({ nodeSelector: { 'example.com/gpu': 'yes' } }),
    spec({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } }),
  ],
  [
    'nor by affinity to nodes',
    spec({ affinity: { nodeAffinity: {} } }),
    spec({
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'clicks' } } },
          ],
        },
      },
    }),
  ],
  [
    'pods of other namespaces are not looked for',
    spec({
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x', namespaces: ['fraud'] }] },
      },
    }),
    spec({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x' }] } } }),
  ],
  ['runtime classes are not chosen', spec({ runtimeClassName: 'privileged' }), spec({})],
  [
    'priority classes are those of the tenant',
    spec({ priorityClassName: 'system-node-critical' }),
    spec({ priorityClassName: 'payments-high' }),
  ],
  ['other service accounts are not used', spec({ serviceAccountName: 'admin' }), spec({ serviceAccountName: 'flink' })],
  ['nor by the old field', spec({ serviceAccount: 'admin' }), spec({})],
  [
    'containers are not privileged',
    main({ securityContext: { privileged: true } }),
    main({ securityContext: { privileged: false } }),
  ],
  [
    'capabilities are not added',
    main({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }),
    main({ securityContext: { capabilities: { drop: ['ALL'] } } }),
  ],
  [
    'seccomp is not switched off',
    main({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
    main({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
  ],
  [
    '/proc stays masked',
    main({ securityContext: { procMount: 'Unmasked' } }),
    main({ securityContext: { readOnlyRootFilesystem: true } }),
  ],
  [
    'kernel parameters are not set',
    spec({ securityContext: { sysctls: [{ name: 'a', value: 'b' }] } }),
    spec({ securityContext: { fsGroup: 2000 } }),
  ],
  [
    'sidecars come from allowed registries',
    spec({ containers: [{ name: 'side', image: 'evil/x' }] }),
    spec({ containers: [{ name: 'side', image: 'registry.example.com/payments/side:1' }] }),
  ],
  [
    'init containers, too',
    spec({ initContainers: [{ name: 'init', image: 'evil/x' }] }),
    spec({ initContainers: [{ name: 'init', image: 'registry.example.com/payments/init:1' }] }),
  ],
  [
    'there are no ephemeral containers',
    spec({ ephemeralContainers: [{ name: 'debug', image: 'registry.example.com/payments/x' }] }),
    spec({}),
  ],
  [
    'mounts do not propagate',
    main({ volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }] }),
    main({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
  ],
  ['raw devices are not attached', main({ volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] }), main({})],
  [
    'devices are not asked for',
    main({ resources: { limits: { 'nvidia.com/gpu': 1 } } }),
    main({ resources: { limits: { cpu: 1 } } }),
  ],
  [
    'probes do not call other hosts',
    main({ livenessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } }),
    main({ livenessProbe: { httpGet: { path: '/', port: 8081 } } }),
  ],
  [
    'nor do hooks',
    main({ lifecycle: { preStop: { httpGet: { host: '169.254.169.254', port: 80 } } } }),
    main({ lifecycle: { preStop: { exec: { command: ['sync'] } } } }),
  ],
  [
    'settings do not come in by the environment',
    main({ env: [{ name: 'FLINK_PROPERTIES', value: 'kubernetes.namespace: x' }] }),
    main({ env: [{ name: 'MODE', value: 'eu' }] }),
  ],
  [
    'nor JVM agents',
    main({ env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-javaagent:x' }] }),
    main({ env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
  ],
  [
    'Headgate’s labels are not forged',
    { metadata: { labels: { 'headgate.dev/tenant': 'fraud' } } },
    { metadata: { labels: { team: 'payments' } } },
  ],
  [
    'identities are not taken on by annotation',
    { metadata: { annotations: { 'iam.amazonaws.com/role': 'admin' } } },
    { metadata: { annotations: { 'prometheus.io/scrape': 'true' } } },
  ],
  ['templates lie in no other namespace', { metadata: { namespace: 'fraud' } }, { metadata: {} }],
  [
    'what Kubernetes has yet to invent is refused',
    spec({ hostSomething: true }),
    spec({ terminationGracePeriodSeconds: 60 }),
  ],
];

describe('pod templates:', () => {
  for (const [sentence, refused, allowed] of RULES) {
    it(sentence, () => {
      for (const rules of [isolation, baseline]) {
        assert.equal(problemsOf(refused, rules).length, 1, `refused under ${rules.podSecurity}`);
        assert.deepEqual(problemsOf(allowed, rules), [], `allowed under ${rules.podSecurity}`);
      }
    });
  }

  const RESTRICTED: readonly (readonly [sentence: string, template: object])[] = [
    ['running as root', spec({ securityContext: { runAsUser: 0 } })],
    ['not saying that one is not root', spec({ securityContext: { runAsNonRoot: false } })],
    ['gaining privileges', main({ securityContext: { allowPrivilegeEscalation: true } })],
  ];
  for (const [sentence, template] of RESTRICTED) {
    it(`${sentence} is refused under restricted and allowed under baseline`, () => {
      assert.equal(problemsOf(template).length, 1);
      assert.deepEqual(problemsOf(template, baseline), []);
    });
  }

  it('all problems are told at once, each by its path', () => {
    const template = spec({
      hostNetwork: true,
      hostPID: true,
      containers: [{ name: 'a', securityContext: { privileged: true } }],
    });
    assert.deepEqual(
      problemsOf(template).map((p) => p.split(':')[0]),
      [
        'spec.podTemplate.spec.containers[0].securityContext.privileged',
        'spec.podTemplate.spec.hostNetwork',
        'spec.podTemplate.spec.hostPID',
      ],
    );
  });
});

describe('a hardened pod template', () => {
  it('of nothing is what restricted asks for, on the tenant’s nodes', () => {
    assert.deepEqual(hardenPodTemplate({}, isolation), {
      spec: {
        nodeSelector: { 'pool.example.com/name': 'streaming' },
        securityContext: {
          runAsUser: 9999,
          runAsGroup: 9999,
          runAsNonRoot: true,
          fsGroup: 9999,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'flink-main-container',
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    });
  });

  it('keeps what the tenant states', () => {
    const hardened = hardenPodTemplate(
      {
        metadata: { labels: { team: 'payments' } },
        spec: {
          securityContext: { runAsUser: 1000, fsGroup: 2000 },
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
          containers: [
            { name: 'side', image: 'x' },
            { name: 'flink-main-container', volumeMounts: [{ name: 'data', mountPath: '/data' }] },
          ],
          initContainers: [{ name: 'init', image: 'y' }],
        },
      },
      isolation,
    );
    const { securityContext, containers = [], initContainers = [], volumes } = hardened.spec ?? {};
    assert.deepEqual(hardened.metadata, { labels: { team: 'payments' } });
    assert.equal(securityContext?.runAsUser, 1000);
    assert.equal(securityContext?.runAsGroup, 9999);
    assert.equal(securityContext?.fsGroup, 2000);
    assert.equal(volumes?.length, 1);
    assert.deepEqual(
      containers.map((c) => c.name),
      ['side', 'flink-main-container'],
    );
    for (const container of [...containers, ...initContainers]) {
      assert.deepEqual(container.securityContext, { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    }
  });

  it('drops every capability under restricted, whatever fewer the tenant drops', () => {
    const template = {
      spec: { containers: [{ name: 'a', securityContext: { capabilities: { drop: ['NET_RAW'] } } }] },
    };
    const dropped = (rules: typeof isolation) =>
      hardenPodTemplate(template, rules).spec?.containers?.find((c) => c.name === 'a')?.securityContext?.capabilities;
    assert.deepEqual(dropped(isolation), { drop: ['ALL'] });
    assert.deepEqual(dropped(baseline), { drop: ['NET_RAW'] });
  });

  it('does not call root by another name under baseline', () => {
    const { spec } = hardenPodTemplate({ spec: { securityContext: { runAsUser: 0 } } }, baseline);
    assert.equal(spec?.securityContext?.runAsNonRoot, false);
  });

  it('passes its own rules, so that an update can be made from what is there', () => {
    for (const rules of [isolation, baseline]) assert.deepEqual(problemsOf(hardenPodTemplate({}, rules), rules), []);
  });

  it('stays the same when hardened again', () => {
    const once = hardenPodTemplate({}, isolation);
    assert.deepEqual(hardenPodTemplate(once, isolation), once);
  });
});
