/** Deployments, ReplicaSets, StatefulSets and pods: defaults and the rules that our clients can break. */
import { equal, isObject, type JsonObject, type KubeObject, listOf, objectOf, stringOf, textsOf } from '../object.ts';
import { invalidValue, required, type FieldError } from '../status-error.ts';
import { matchesSelector } from '../store/selectors.ts';
import { builtinKind, type Kind, type ScalePaths } from './kind.ts';
import { fill, fillPod, fillPodSpec, qosClass } from './pod-spec.ts';

const specOf = (object: KubeObject): JsonObject => {
  if (!isObject(object['spec'])) object['spec'] = {};
  return object['spec'];
};

const templateOf = (object: KubeObject): JsonObject => objectOf(objectOf(object['spec'])['template']);

const fillTemplate = (spec: JsonObject): void => {
  const template = spec['template'];
  if (isObject(template) && isObject(template['spec'])) fillPodSpec(template['spec']);
};

const fillDeployment = (object: KubeObject): void => {
  const spec = specOf(object);
  fillTemplate(spec);
  fill(spec, 'replicas', 1);
  fill(spec, 'strategy', {});
  const strategy = objectOf(spec['strategy']);
  fill(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    fill(strategy, 'rollingUpdate', {});
    fill(objectOf(strategy['rollingUpdate']), 'maxUnavailable', '25%');
    fill(objectOf(strategy['rollingUpdate']), 'maxSurge', '25%');
  }
  fill(spec, 'revisionHistoryLimit', 10);
  fill(spec, 'progressDeadlineSeconds', 600);
};

const fillReplicaSet = (object: KubeObject): void => {
  fillTemplate(specOf(object));
  fill(specOf(object), 'replicas', 1);
};

const fillStatefulSet = (object: KubeObject): void => {
  const spec = specOf(object);
  fillTemplate(spec);
  fill(spec, 'podManagementPolicy', 'OrderedReady');
  fill(spec, 'updateStrategy', {});
  const strategy = objectOf(spec['updateStrategy']);
  fill(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') fill(strategy, 'rollingUpdate', { partition: 0 });
  fill(spec, 'persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Retain', whenScaled: 'Retain' });
  fill(spec, 'replicas', 1);
  fill(spec, 'revisionHistoryLimit', 10);
  for (const claim of listOf(spec['volumeClaimTemplates'])) {
    fill(objectOf(objectOf(claim)['spec']), 'volumeMode', 'Filesystem');
  }
};

const containerErrors = (spec: JsonObject, path: string): FieldError[] => {
  const containers = listOf(spec['containers']);
  if (containers.length === 0) return [required(`${path}.containers`)];
  return containers.flatMap((container, index) => {
    const { name, image } = objectOf(container);
    return [
      ...(stringOf(name) === '' ? [required(`${path}.containers[${index}].name`)] : []),
      ...(stringOf(image) === '' ? [required(`${path}.containers[${index}].image`)] : []),
    ];
  });
};

const isEmptyObject = (value: JsonObject): boolean => Object.keys(value).length === 0;

const selectorErrors = (spec: JsonObject, labels: JsonObject): FieldError[] => {
  const selector = spec['selector'];
  const errors = isObject(selector) ? [] : [required('spec.selector')];
  if (isObject(selector) && matchesSelector(selector, textsOf(labels))) return errors;
  const shown = isEmptyObject(labels) ? null : labels;
  return [
    ...errors,
    invalidValue('spec.template.metadata.labels', shown, '`selector` does not match template `labels`'),
  ];
};

const workloadErrors = (object: KubeObject, live: KubeObject | undefined): FieldError[] => {
  const spec = objectOf(object['spec']);
  const errors: FieldError[] = [];
  if (Number(spec['replicas']) < 0) {
    errors.push(invalidValue('spec.replicas', spec['replicas'], 'must be greater than or equal to 0'));
  }
  errors.push(...selectorErrors(spec, objectOf(objectOf(templateOf(object)['metadata'])['labels'])));
  errors.push(...containerErrors(objectOf(templateOf(object)['spec']), 'spec.template.spec'));
  if (live !== undefined && !equal(objectOf(live['spec'])['selector'], spec['selector'])) {
    errors.push(invalidValue('spec.selector', spec['selector'] ?? null, 'field is immutable'));
  }
  return errors;
};

const MUTABLE_STATEFUL_SET = new Set([
  'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy', 'minReadySeconds',
]); // prettier-ignore

const statefulSetErrors = (object: KubeObject, live: KubeObject | undefined): FieldError[] => {
  const errors = workloadErrors(object, undefined);
  if (live === undefined) return errors;
  const rest = (of: KubeObject): JsonObject =>
    Object.fromEntries(Object.entries(objectOf(of['spec'])).filter(([field]) => !MUTABLE_STATEFUL_SET.has(field)));
  if (equal(rest(object), rest(live))) return errors;
  return [
    ...errors,
    {
      reason: 'FieldValueForbidden',
      field: 'spec',
      message:
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    },
  ];
};

const podErrors = (pod: KubeObject, live: KubeObject | undefined): FieldError[] => {
  const spec = objectOf(pod['spec']);
  if (live === undefined) return containerErrors(spec, 'spec');
  const fixed = (of: KubeObject): JsonObject => {
    const {
      tolerations: _t,
      activeDeadlineSeconds: _a,
      terminationGracePeriodSeconds: _g,
      ...rest
    } = objectOf(of['spec']);
    const images = ({ image: _i, ...container }: JsonObject): JsonObject => container;
    return { ...rest, containers: listOf(rest['containers']).map((one) => images(objectOf(one))) };
  };
  if (equal(fixed(pod), fixed(live))) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'spec',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    },
  ];
};

/** Seconds a pod is given to end: none while no node runs it. */
const podGraceSeconds = (pod: KubeObject): number => {
  const spec = objectOf(pod['spec']);
  const phase = objectOf(pod['status'])['phase'];
  if (stringOf(spec['nodeName']) === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return Number(spec['terminationGracePeriodSeconds'] ?? 30);
};

const SCALE: ScalePaths = {
  specReplicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
  selector: 'spec.selector',
};

const withReplicas = (): {
  readonly categories: readonly string[];
  readonly scale: ScalePaths;
  readonly generation: 'spec';
} => ({
  categories: ['all'],
  scale: SCALE,
  generation: 'spec',
});

export const WORKLOAD_KINDS: readonly Kind[] = [
  builtinKind('v1', 'Pod', {
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    generation: 'spec',
    selectableFields: [
      'spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork',
      'status.phase', 'status.podIP', 'status.podIPs', 'status.nominatedNodeName',
    ], // prettier-ignore
    applyDefaults: fillPod,
    prepareForCreate: (pod) => {
      pod['status'] = { phase: 'Pending', qosClass: qosClass(pod) };
    },
    validate: podErrors,
    graceSeconds: podGraceSeconds,
  }),
  builtinKind('apps/v1', 'Deployment', {
    plural: 'deployments',
    shortNames: ['deploy'],
    ...withReplicas(),
    generation: 'spec and annotations',
    applyDefaults: fillDeployment,
    validate: workloadErrors,
  }),
  builtinKind('apps/v1', 'ReplicaSet', {
    plural: 'replicasets',
    shortNames: ['rs'],
    selectableFields: ['status.replicas'],
    ...withReplicas(),
    applyDefaults: fillReplicaSet,
    prepareForCreate: (set) => {
      set['status'] = { replicas: 0 };
    },
    validate: workloadErrors,
  }),
  builtinKind('apps/v1', 'StatefulSet', {
    plural: 'statefulsets',
    shortNames: ['sts'],
    ...withReplicas(),
    applyDefaults: fillStatefulSet,
    prepareForCreate: (set) => {
      set['status'] = { replicas: 0, availableReplicas: 0 };
    },
    validate: statefulSetErrors,
  }),
];
