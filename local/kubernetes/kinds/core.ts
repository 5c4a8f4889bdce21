/** The kinds of the core group that are not workloads, and the small ones of other groups. */
import { clone, equal, isObject, listOf, objectOf, stringOf, type KubeObject } from '../object.ts';
import { invalidValue, required, unsupportedValue, type FieldError } from '../status-error.ts';
import { builtinKind, type Kind } from './kind.ts';
import { dns1035Label, dnsLabel } from './names.ts';
import { fill } from './pod-spec.ts';

const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

const fillNamespace = (namespace: KubeObject): void => {
  const { metadata } = namespace;
  if (metadata.name !== undefined) metadata.labels = { ...metadata.labels, [NAMESPACE_NAME_LABEL]: metadata.name };
};

const prepareNamespace = (namespace: KubeObject): void => {
  const spec = objectOf(namespace['spec']);
  const finalizers = listOf(spec['finalizers']);
  namespace['spec'] = {
    ...spec,
    finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'],
  };
  namespace['status'] = { phase: 'Active' };
};

const fillService = (service: KubeObject): void => {
  if (!isObject(service['spec'])) service['spec'] = {};
  const spec = service['spec'];
  fill(spec, 'sessionAffinity', 'None');
  fill(spec, 'type', 'ClusterIP');
  for (const port of listOf(spec['ports']).map(objectOf)) {
    fill(port, 'protocol', 'TCP');
    if (port['port'] !== undefined) fill(port, 'targetPort', port['port']);
  }
  fill(spec, 'internalTrafficPolicy', 'Cluster');
};

/** The cluster address is no real one: a number made of the name keeps it stable and apart. */
const addressFor = (service: KubeObject): string => {
  const text = `${service.metadata.namespace}/${service.metadata.name}`;
  let hash = 7;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_000;
  return `10.96.${Math.floor(hash / 254)}.${(hash % 254) + 1}`;
};

const prepareService = (service: KubeObject): void => {
  const spec = objectOf(service['spec']);
  if (spec['type'] !== 'ExternalName') {
    fill(spec, 'clusterIP', addressFor(service));
    fill(spec, 'clusterIPs', [spec['clusterIP'] ?? '']);
    fill(spec, 'ipFamilies', ['IPv4']);
    fill(spec, 'ipFamilyPolicy', 'SingleStack');
  }
  service['status'] = { loadBalancer: {} };
};

const serviceErrors = (service: KubeObject): FieldError[] => {
  const spec = objectOf(service['spec']);
  const ports = listOf(spec['ports']);
  const isHeadless = spec['clusterIP'] === 'None';
  if (ports.length === 0 && !isHeadless && spec['type'] !== 'ExternalName') return [required('spec.ports')];
  return ports.flatMap((port, index) => {
    const { name, port: number } = objectOf(port);
    const path = `spec.ports[${index}]`;
    return [
      ...(ports.length > 1 && stringOf(name) === '' ? [required(`${path}.name`)] : []),
      ...(Number(number) >= 1 && Number(number) <= 65_535
        ? []
        : [invalidValue(`${path}.port`, number ?? 0, 'must be between 1 and 65535, inclusive')]),
    ];
  });
};

/** What may never change keeps its value when a client leaves it out. */
const keepServiceAddress = (next: KubeObject, live: KubeObject): void => {
  const [spec, before] = [objectOf(next['spec']), objectOf(live['spec'])];
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
    const value = before[field];
    if (value !== undefined) fill(spec, field, clone(value));
  }
};

const encodeBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

const fillSecret = (secret: KubeObject): void => {
  if (secret['type'] === undefined) secret['type'] = 'Opaque';
  if (isObject(secret['stringData'])) {
    const data = { ...objectOf(secret['data']) };
    for (const [key, text] of Object.entries(secret['stringData'])) data[key] = encodeBase64(stringOf(text));
    secret['data'] = data;
    delete secret['stringData'];
  }
};

const MAX_DATA_BYTES = 1024 * 1024;

/** What a ConfigMap or Secret holds may not be more than a mebibyte. */
const sizeErrors = (object: KubeObject): FieldError[] => {
  const texts = [...Object.values(objectOf(object['data'])), ...Object.values(objectOf(object['binaryData']))];
  const bytes = texts.reduce<number>((sum, text) => sum + stringOf(text).length, 0);
  const message = `Too long: may not be more than ${MAX_DATA_BYTES} bytes`;
  return bytes > MAX_DATA_BYTES ? [{ reason: 'FieldValueTooLong', field: '[]', message }] : [];
};

const configMapErrors = (configMap: KubeObject, live: KubeObject | undefined): FieldError[] => {
  const keyErrors = Object.keys(objectOf(configMap['data'])).flatMap((key) =>
    /^[-._a-zA-Z0-9]+$/.test(key)
      ? []
      : [
          invalidValue(
            `data[${key}]`,
            key,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
          ),
        ],
  );
  const isFrozen = live?.['immutable'] === true;
  const changed = isFrozen && !(equal(live?.['data'], configMap['data']) && configMap['immutable'] === true);
  const errors = [...keyErrors, ...sizeErrors(configMap)];
  if (!changed) return errors;
  return [
    ...errors,
    { reason: 'FieldValueForbidden', field: 'data', message: 'Forbidden: field is immutable when `immutable` is set' },
  ];
};

/** A container's default limit is its maximum, its default request its default limit or its minimum. */
const fillLimitRange = (range: KubeObject): void => {
  for (const limit of listOf(objectOf(range['spec'])['limits']).map(objectOf)) {
    if (limit['type'] !== 'Container') continue;
    const defaults = { ...objectOf(limit['max']), ...objectOf(limit['default']) };
    const requests = { ...objectOf(limit['min']), ...defaults, ...objectOf(limit['defaultRequest']) };
    if (Object.keys(defaults).length > 0) limit['default'] = defaults;
    if (Object.keys(requests).length > 0) limit['defaultRequest'] = requests;
  }
};

const fillNetworkPolicy = (policy: KubeObject): void => {
  const spec = objectOf(policy['spec']);
  fill(spec, 'podSelector', {});
  for (const rule of [...listOf(spec['ingress']), ...listOf(spec['egress'])].map(objectOf)) {
    for (const port of listOf(rule['ports']).map(objectOf)) fill(port, 'protocol', 'TCP');
  }
  if (listOf(spec['policyTypes']).length === 0) {
    spec['policyTypes'] = spec['egress'] === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
  }
};

const fillClaim = (claim: KubeObject): void => {
  fill(objectOf(claim['spec']), 'volumeMode', 'Filesystem');
};

const nodePhase = (node: KubeObject): void => {
  for (const field of ['capacity', 'allocatable']) {
    const status = objectOf(node['status']);
    if (status['allocatable'] === undefined && status['capacity'] !== undefined)
      status[field] = clone(status['capacity']);
  }
};

const quotaErrors = (quota: KubeObject): FieldError[] =>
  listOf(objectOf(quota['spec'])['scopes']).flatMap((scope, index) =>
    [
      'Terminating',
      'NotTerminating',
      'BestEffort',
      'NotBestEffort',
      'PriorityClass',
      'CrossNamespacePodAffinity',
    ].includes(stringOf(scope))
      ? []
      : [
          unsupportedValue(`spec.scopes[${index}]`, scope, [
            'BestEffort',
            'CrossNamespacePodAffinity',
            'NotBestEffort',
            'NotTerminating',
            'PriorityClass',
            'Terminating',
          ]),
        ],
  );

export const CORE_KINDS: readonly Kind[] = [
  builtinKind('v1', 'ConfigMap', { plural: 'configmaps', shortNames: ['cm'], validate: configMapErrors }),
  builtinKind('v1', 'Endpoints', {
    plural: 'endpoints',
    singular: 'endpoints',
    listKind: 'EndpointsList',
    shortNames: ['ep'],
  }),
  builtinKind('v1', 'Event', {
    plural: 'events',
    shortNames: ['ev'],
    selectableFields: [
      'involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid',
      'involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath', 'reason',
      'reportingComponent', 'source', 'type',
    ], // prettier-ignore
    allowsCreateOnUpdate: true,
  }),
  builtinKind('v1', 'LimitRange', {
    plural: 'limitranges',
    shortNames: ['limits'],
    applyDefaults: fillLimitRange,
    allowsCreateOnUpdate: true,
  }),
  builtinKind('v1', 'Namespace', {
    plural: 'namespaces',
    shortNames: ['ns'],
    isNamespaced: false,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    selectableFields: ['status.phase', 'name'],
    applyDefaults: fillNamespace,
    prepareForCreate: prepareNamespace,
    prepareForUpdate: (next, live) => {
      next['spec'] = { ...objectOf(next['spec']), finalizers: clone(listOf(objectOf(live['spec'])['finalizers'])) };
    },
    nameRule: dnsLabel,
  }),
  builtinKind('v1', 'Node', {
    plural: 'nodes',
    shortNames: ['no'],
    isNamespaced: false,
    selectableFields: ['spec.unschedulable'],
    applyDefaults: nodePhase,
  }),
  builtinKind('v1', 'PersistentVolumeClaim', {
    plural: 'persistentvolumeclaims',
    shortNames: ['pvc'],
    applyDefaults: fillClaim,
    prepareForCreate: (claim) => {
      claim['status'] = { phase: 'Pending' };
    },
  }),
  builtinKind('v1', 'ResourceQuota', {
    plural: 'resourcequotas',
    shortNames: ['quota'],
    validate: quotaErrors,
    allowsCreateOnUpdate: true,
  }),
  builtinKind('v1', 'Secret', {
    plural: 'secrets',
    selectableFields: ['type'],
    applyDefaults: fillSecret,
    validate: sizeErrors,
  }),
  builtinKind('v1', 'Service', {
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    selectableFields: ['spec.clusterIP', 'spec.type'],
    applyDefaults: fillService,
    prepareForCreate: prepareService,
    prepareForUpdate: keepServiceAddress,
    validate: serviceErrors,
    nameRule: dns1035Label,
  }),
  builtinKind('v1', 'ServiceAccount', { plural: 'serviceaccounts', shortNames: ['sa'] }),
  builtinKind('coordination.k8s.io/v1', 'Lease', {
    plural: 'leases',
    allowsUnconditionalUpdate: false,
    allowsCreateOnUpdate: true,
  }),
  builtinKind('discovery.k8s.io/v1', 'EndpointSlice', { plural: 'endpointslices', generation: 'content' }),
  builtinKind('networking.k8s.io/v1', 'NetworkPolicy', {
    plural: 'networkpolicies',
    shortNames: ['netpol'],
    generation: 'spec',
    applyDefaults: fillNetworkPolicy,
  }),
  builtinKind('networking.k8s.io/v1', 'Ingress', {
    plural: 'ingresses',
    shortNames: ['ing'],
    generation: 'spec',
    prepareForCreate: (ingress) => {
      ingress['status'] = { loadBalancer: {} };
    },
  }),
  builtinKind('policy/v1', 'PodDisruptionBudget', {
    plural: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    generation: 'spec',
    allowsUnconditionalUpdate: false,
    prepareForCreate: (budget) => {
      budget['status'] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
    },
  }),
  builtinKind('autoscaling/v2', 'HorizontalPodAutoscaler', {
    plural: 'horizontalpodautoscalers',
    shortNames: ['hpa'],
    categories: ['all'],
    applyDefaults: (autoscaler) => fill(objectOf(autoscaler['spec']), 'minReplicas', 1),
    prepareForCreate: (autoscaler) => {
      autoscaler['status'] = { currentMetrics: null, desiredReplicas: 0 };
    },
  }),
  builtinKind('scheduling.k8s.io/v1', 'PriorityClass', {
    plural: 'priorityclasses',
    shortNames: ['pc'],
    isNamespaced: false,
    generation: 'content',
    applyDefaults: (priorityClass) => fill(priorityClass, 'preemptionPolicy', 'PreemptLowerPriority'),
  }),
  builtinKind('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', {
    plural: 'validatingadmissionpolicies',
    isNamespaced: false,
    categories: ['api-extensions'],
    generation: 'spec',
    allowsUnconditionalUpdate: false,
    applyDefaults: (policy) => fill(objectOf(policy['spec']), 'failurePolicy', 'Fail'),
  }),
  builtinKind('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', {
    plural: 'validatingadmissionpolicybindings',
    isNamespaced: false,
    categories: ['api-extensions'],
    generation: 'spec',
    allowsUnconditionalUpdate: false,
  }),
];
