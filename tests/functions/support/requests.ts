import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type CloudEvent = { id: string; type: string; subject: string; time: string; data: Record<string, unknown> };

const sample = (name: string): CloudEvent =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../events/samples', `${name}.json`), 'utf8'));

/** An event of the samples under an id of its own, with other data where the test says so. */
const event = (base: CloudEvent, id: string, data: object): CloudEvent => ({
  ...base,
  id,
  data: { ...base.data, ...data },
});

export const applyTenant = (id: string, data: object = {}, name = 'payments'): CloudEvent => ({
  ...event(sample('tenant-apply'), id, {
    isolation: { statePrefix: `file:///state/${name}/` },
    ...data,
  }),
  subject: name,
});

export const SENDER = 'AROAEXAMPLEPAYMENTS:ci';

const flinkConfiguration = (tenant: string) => ({
  'taskmanager.numberOfTaskSlots': '2',
  'high-availability.type': 'kubernetes',
  'high-availability.storageDir': `file:///state/${tenant}/ha`,
  'state.checkpoints.dir': `file:///state/${tenant}/checkpoints`,
  'state.savepoints.dir': `file:///state/${tenant}/savepoints`,
  'execution.checkpointing.interval': '30s',
});

/** `job.submit`, or `job.update` by its type; `configuration` goes on top of the usual one. */
export const submitJob = (
  id: string,
  { job = 'orders', tenant = 'payments', verb = 'submit', configuration = {}, data = {} } = {},
): CloudEvent => {
  const base = sample('job-submit');
  const spec = base.data['spec'] as object;
  return {
    ...event(base, id, {
      job,
      spec: { ...spec, flinkConfiguration: { ...flinkConfiguration(tenant), ...configuration } },
      ...data,
    }),
    subject: tenant,
    type: `dev.headgate.job.${verb}.v1`,
  };
};

/** Any other request. */
export const ask = (id: string, verb: string, data: object, tenant = 'payments'): CloudEvent => ({
  ...sample('job-submit'),
  id,
  type: `dev.headgate.${verb}.v1`,
  subject: tenant,
  data: data as Record<string, unknown>,
});
