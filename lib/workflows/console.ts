import { CAPACITY_POOL, MANAGED_JOB, TENANT } from '../clients/kubernetes/kinds.ts';
import type { CapacityPool } from '../model/capacity-pool.ts';
import { toTimestamp } from '../model/instant.ts';
import type { ManagedJob } from '../model/managed-job.ts';
import type { Tenant } from '../model/tenant.ts';
import { readStop } from './stop.ts';
import type { Run } from './run.ts';

/** The read-only status page: pools, tenants and jobs as their objects say. */
export const renderConsole = async (run: Run): Promise<string> => {
  const [stopped, pools, tenants, jobs] = await Promise.all([
    readStop(run.kubernetes),
    run.kubernetes.list(CAPACITY_POOL),
    run.kubernetes.list(TENANT),
    run.kubernetes.list(MANAGED_JOB),
  ]);
  return page(
    [
      stopped === undefined
        ? ''
        : `<p class="stop">Stopped: ${text(stopped)}. Nothing is written until the stop is lifted.</p>`,
      section('Capacity pools', POOL_COLUMNS, pools),
      section('Tenants', TENANT_COLUMNS, tenants),
      section('Jobs', JOB_COLUMNS, jobs),
    ].join('\n'),
    toTimestamp(run.world.now()),
  );
};

type Column<T> = readonly [title: string, value: (object: T) => string | number | undefined];

const POOL_COLUMNS: readonly Column<CapacityPool>[] = [
  ['Pool', (p) => p.metadata.name],
  ['Mode', (p) => p.spec.mode],
  ['CPU', (p) => p.status?.capacity?.present?.cpu],
  ['Memory', (p) => p.status?.capacity?.present?.memory],
  ['Granted CPU', (p) => p.status?.granted?.cpu],
  ['Used CPU', (p) => p.status?.used?.cpu],
];

const TENANT_COLUMNS: readonly Column<Tenant>[] = [
  ['Tenant', (t) => t.metadata.name],
  ['Pool', (t) => t.spec.pool],
  ['Mode', (t) => t.spec.mode],
  ['Guarantee', (t) => amounts(t.spec.quota.guarantee)],
  ['Granted', (t) => amounts(t.status?.quota?.granted)],
  ['Used', (t) => amounts(t.status?.quota?.used)],
  ['Demand', (t) => amounts(t.status?.quota?.demand)],
  ['Running', (t) => t.status?.jobs?.running],
  ['Failed', (t) => t.status?.jobs?.failed],
  ['Ready', (t) => t.status?.conditions?.find((c) => c.type === 'Ready')?.reason],
];

const JOB_COLUMNS: readonly Column<ManagedJob>[] = [
  ['Job', (j) => `${j.metadata.namespace}/${j.metadata.name}`],
  ['State', (j) => j.status?.job?.state],
  ['Health', (j) => j.status?.job?.health],
  ['TaskManagers', (j) => j.status?.taskManagers],
  ['Busy %', (j) => j.status?.utilizationPercent],
  ['Lag s', (j) => j.status?.lagSeconds],
  ['Last decision', (j) => j.status?.lastDecision?.reason],
  ['Why', (j) => j.status?.lastDecision?.message],
  ['Since', (j) => j.status?.lastDecision?.at],
];

const amounts = (
  r: { readonly cpu?: string | undefined; readonly memory?: string | undefined } | undefined,
): string | undefined => (r === undefined ? undefined : `${r.cpu ?? '?'} / ${r.memory ?? '?'}`);

const section = <T>(title: string, columns: readonly Column<T>[], rows: readonly T[]): string => {
  const head = columns.map(([name]) => `<th>${text(name)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${columns.map(([, value]) => `<td>${text(String(value(row) ?? '–'))}</td>`).join('')}</tr>`)
    .join('\n');
  return `<h2>${text(title)}</h2>\n<table><thead><tr>${head}</tr></thead><tbody>\n${body || `<tr><td colspan="${columns.length}">none</td></tr>`}\n</tbody></table>`;
};

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Tenants choose many of these texts. */
const text = (raw: string): string => raw.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);

const page = (body: string, at: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Headgate</title><meta name="viewport" content="width=device-width">
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin-bottom:2rem}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #d8dee4;vertical-align:top}
th{font-weight:600;color:#57606a}.stop{background:#ffebe9;border:1px solid #ff8182;padding:.6rem 1rem}footer{color:#57606a}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}th,footer{color:#8d96a0}.stop{background:#490202}}
</style></head><body><h1>Headgate</h1>
${body}
<footer>as of ${text(at)}</footer></body></html>
`;
