/** Lists and objects as tables, and as bare metadata: what kubectl asks for by its Accept header. */
import { columnsOf } from '../kinds/columns.ts';
import { apiVersionOf, collectionOf, type Kind } from '../kinds/kind.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Page } from './list.ts';

export type Representation = 'plain' | 'table' | 'metadata';

/** The first representation of the Accept header that is known here. */
export const representationOf = (accept: string): Representation => {
  for (const clause of accept.split(',')) {
    const parameters = new Set(clause.split(';').map((part) => part.trim()));
    if (!parameters.has('g=meta.k8s.io') || !parameters.has('v=v1')) {
      if (clause.includes('as=')) continue;
      return 'plain';
    }
    if (parameters.has('as=Table')) return 'table';
    if (parameters.has('as=PartialObjectMetadata') || parameters.has('as=PartialObjectMetadataList')) return 'metadata';
  }
  return 'plain';
};

const META = { apiVersion: 'meta.k8s.io/v1' } as const;

export const bareMetadata = (object: KubeObject): KubeObject => ({
  kind: 'PartialObjectMetadata',
  ...META,
  metadata: object.metadata,
});

export const metadataList = (page: Page): JsonObject => ({
  kind: 'PartialObjectMetadataList',
  ...META,
  metadata: page.metadata,
  items: page.items.map(bareMetadata),
});

/** `include` says how much of each object its row carries (the query's includeObject). */
export const tableOf = (kind: Kind, page: Page, include: string | null, now: number): JsonObject => {
  const columns = kind.columns ?? columnsOf(collectionOf(kind));
  const carried = (object: KubeObject): JsonObject => {
    if (include === 'None') return {};
    return { object: include === 'Object' ? { ...object, apiVersion: apiVersionOf(kind) } : bareMetadata(object) };
  };
  return {
    kind: 'Table',
    ...META,
    metadata: page.metadata,
    columnDefinitions: columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: page.items.map((object) => ({ cells: columns.map(({ cell }) => cell(object, now)), ...carried(object) })),
  };
};
