import type { z } from 'zod';
import { CapacityPoolSpec, CapacityPoolStatus } from '../lib/model/capacity-pool.ts';
import { HEADGATE_GROUP } from '../lib/model/group.ts';
import { ManagedJobSpec, ManagedJobStatus } from '../lib/model/managed-job.ts';
import { TenantRequestSpec, TenantRequestStatus } from '../lib/model/tenant-request.ts';
import { TenantSpec, TenantStatus } from '../lib/model/tenant.ts';
import { structuralSchema, type StructuralSchema } from './structural-schema.ts';

type PrinterColumn = {
  name: string;
  type: 'string' | 'integer' | 'date';
  jsonPath: string;
  priority?: number;
  description?: string;
};

type Definition = {
  kind: string;
  plural: string;
  shortName: string;
  scope: 'Cluster' | 'Namespaced';
  spec: z.ZodType;
  status: z.ZodType;
  columns: readonly PrinterColumn[];
  /** CEL rules over `spec` that a schema of types cannot say. */
  rules: readonly { rule: string; message: string }[];
};

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const column = (
  name: string,
  jsonPath: string,
  type: 'string' | 'integer' = 'string',
  priority?: number,
): PrinterColumn => (priority === undefined ? { name, type, jsonPath } : { name, type, jsonPath, priority });
const condition = (type: string) => `.status.conditions[?(@.type=="${type}")].status`;

const definitions: readonly Definition[] = [
  {
    kind: 'Tenant',
    plural: 'tenants',
    shortName: 'tn',
    scope: 'Cluster',
    spec: TenantSpec,
    status: TenantStatus,
    columns: [
      column('Pool', '.spec.pool'),
      column('Mode', '.spec.mode'),
      column('Guarantee', '.spec.quota.guarantee.cpu'),
      column('Granted', '.status.quota.granted.cpu'),
      column('Used', '.status.quota.used.cpu'),
      column('Jobs', '.status.jobs.running', 'integer'),
      column('Ready', condition('Ready')),
      column('Settled', condition('QuotaSettled'), 'string', 1),
      age,
    ],
    rules: [
      {
        rule: 'self.namespaces.all(n, !n.name.startsWith("kube-"))',
        message: 'namespaces that start with kube- belong to the cluster',
      },
    ],
  },
  {
    kind: 'CapacityPool',
    plural: 'capacitypools',
    shortName: 'cpool',
    scope: 'Cluster',
    spec: CapacityPoolSpec,
    status: CapacityPoolStatus,
    columns: [
      column('Mode', '.spec.mode'),
      column('CPU', '.status.capacity.present.cpu'),
      column('Memory', '.status.capacity.present.memory'),
      column('Granted', '.status.granted.cpu'),
      column('Used', '.status.used.cpu'),
      column('Epoch', '.status.plan.epoch', 'integer'),
      age,
    ],
    rules: [{ rule: 'has(self.capacity) != has(self.fromNodes)', message: 'exactly one of capacity and fromNodes' }],
  },
  {
    kind: 'ManagedJob',
    plural: 'managedjobs',
    shortName: 'mj',
    scope: 'Namespaced',
    spec: ManagedJobSpec,
    status: ManagedJobStatus,
    columns: [
      column('Target', '.spec.targetRef.name'),
      column('State', '.status.job.state'),
      column('TaskManagers', '.status.taskManagers', 'integer'),
      column('Util', '.status.utilizationPercent', 'integer'),
      column('Lag', '.status.lagSeconds', 'integer'),
      column('Last Decision', '.status.lastDecision.reason'),
      column('Mode', '.spec.mode', 'string', 1),
      age,
    ],
    rules: [
      {
        rule: '!has(self.bounds.minParallelism) || !has(self.bounds.maxParallelism) || self.bounds.minParallelism <= self.bounds.maxParallelism',
        message: 'bounds.minParallelism must not exceed bounds.maxParallelism',
      },
    ],
  },
  {
    kind: 'TenantRequest',
    plural: 'tenantrequests',
    shortName: 'treq',
    scope: 'Namespaced',
    spec: TenantRequestSpec,
    status: TenantRequestStatus,
    columns: [
      column('Type', '.spec.type'),
      column('Tenant', '.spec.tenant'),
      column('Outcome', '.status.outcome'),
      column('Reason', '.status.reason'),
      age,
    ],
    rules: [{ rule: 'self == oldSelf', message: 'a request does not change once made' }],
  },
];

const customResourceDefinition = (d: Definition) => {
  const spec: StructuralSchema = structuralSchema(d.spec);
  const rules = d.rules.map((r) => ({ rule: r.rule, message: r.message }));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${d.plural}.${HEADGATE_GROUP}` },
    spec: {
      group: HEADGATE_GROUP,
      scope: d.scope,
      names: {
        kind: d.kind,
        listKind: `${d.kind}List`,
        plural: d.plural,
        singular: d.kind.toLowerCase(),
        shortNames: [d.shortName],
        categories: ['headgate'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: d.columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              properties: {
                spec: { ...spec, 'x-kubernetes-validations': rules },
                status: structuralSchema(d.status),
              },
            },
          },
        },
      ],
    },
  };
};

/** The CRDs of Headgate's own kinds, generated from lib/model. */
export const customResourceDefinitions = definitions.map(customResourceDefinition);
