/** Paths and objects that many cases use. */
import { assertCode, type Api } from './contract.ts';

export const configMaps = (api: Api): string => `/api/v1/namespaces/${api.namespace}/configmaps`;
export const deployments = (api: Api): string => `/apis/apps/v1/namespaces/${api.namespace}/deployments`;
export const pods = (api: Api): string => `/api/v1/namespaces/${api.namespace}/pods`;
export const widgets = (api: Api): string => `/apis/example.com/v1/namespaces/${api.namespace}/widgets`;
export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export const configMap = (name: string, data: Record<string, unknown>, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

export const widget = (name: string, spec: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
  ...more,
});

/** A Deployment of small pods. */
export const deployment = (name: string, replicas: number, cpu = '100m') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'example/image:1',
            resources: { requests: { cpu, memory: '64Mi' }, limits: { cpu, memory: '64Mi' } },
          },
        ],
      },
    },
  },
});

const WIDGET_SPEC = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    replicas: { type: 'integer', default: 2 },
    color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
    name: { type: 'string', maxLength: 5, pattern: '^[a-z]+$' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string' },
          port: { type: 'integer' },
          protocol: { type: 'string', default: 'TCP' },
        },
      },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    words: { type: 'array', maxItems: 2, items: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    amount: { 'x-kubernetes-int-or-string': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
    inner: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
    maybe: { type: 'string', nullable: true },
  },
};

const WIDGET_STATUS = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    phase: { type: 'string' },
    selector: { type: 'string' },
    observedGeneration: { type: 'integer' },
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string' }, status: { type: 'string' }, reason: { type: 'string' } },
      },
    },
  },
};

/** A definition that uses every part of structural schemas that our own kinds use. */
export const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: { spec: WIDGET_SPEC, status: WIDGET_STATUS },
          },
        },
      },
    ],
  },
};

/** Makes sure that the widgets of the cases are served. */
export const installWidgets = async (api: Api): Promise<void> => {
  const made = await api.send('POST', CRDS, WIDGET_CRD);
  if (made.status !== 409) assertCode(made, 201);
  await api.eventually(widgets(api), ({ status }) => status === 200);
};
