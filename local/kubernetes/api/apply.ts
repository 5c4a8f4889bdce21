import { parse as parseYaml } from 'yaml';

import { recordApply, recordUpdate } from '../apply/managed-fields.ts';
import { decodeOwners, encodeOwners } from '../apply/owners.ts';
import { typedErrors, typedErrorText } from '../apply/validate-typed.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import { clone, isObject, type JsonObject, type KubeObject, objectOf, textOf } from '../object.ts';
import { shapeOf } from '../schema/shape.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { Call, WriteOptions } from './call.ts';
import { shapeObject } from './decode.ts';
import { emptyObject, writerOf } from './persist.ts';
import type { Write } from '../write.ts';

const parsedConfig = (body: string): JsonObject => {
  let config: unknown;
  try {
    config = body.trimStart().startsWith('{') ? (JSON.parse(body) as unknown) : (parseYaml(body) as unknown);
  } catch (error) {
    throw badRequest(
      `error decoding YAML: error converting YAML to JSON: yaml: ${String(error instanceof Error ? error.message : error)}`,
    );
  }
  if (!isObject(config)) throw badRequest('error decoding YAML: the configuration is not an object');
  return config;
};

const kindText = (config: JsonObject): string => {
  const apiVersion = typeof config['apiVersion'] === 'string' ? config['apiVersion'] : '';
  const kind = typeof config['kind'] === 'string' ? config['kind'] : '';
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return `${groupVersion}, Kind=${kind}`;
};

/** Live or empty, without what says who owns it: what the configuration is laid over. */
const bare = (object: KubeObject): JsonObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};

/**
 * Server-side apply: the object as it would be after the manager's configuration, with its owners recorded.
 * `live` is undefined when it is to be created.
 * @throws StatusError 400, 409 (conflicts), or 500 without a reason when the configuration does not fit the schema
 */
export const appliedObject = (
  call: Call,
  write: Write,
  options: WriteOptions,
  live: KubeObject | undefined,
): KubeObject => {
  const { kind } = call;
  const config = parsedConfig(call.body);
  if (config['apiVersion'] !== apiVersionOf(kind) || config['kind'] !== kind.kind) {
    throw badRequest(`invalid object type: ${kindText(config)}`);
  }
  const metadata = objectOf(config['metadata']);
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const shape = shapeOf(kind.schema);
  const wrong = typedErrors(shape, config);
  if (wrong.length > 0) {
    const [namespace, name] = [metadata['namespace'] ?? '', metadata['name'] ?? ''];
    throw new StatusError(
      500,
      '',
      `failed to create typed patch object (${textOf(namespace)}/${textOf(name)}; ${kindText(config)}): ${typedErrorText(wrong)}`,
    );
  }
  const base = live ?? emptyObject(kind);
  const owners = decodeOwners(base.metadata.managedFields);
  const writer = writerOf(write);
  if (owners.size === 0) {
    recordUpdate(shape, emptyObject(kind), bare(base), owners, {
      ...writer,
      manager: 'before-first-apply',
    });
  }
  const before = bare(base);
  const merged = recordApply(shape, before, config, owners, writer, options.isForced) ?? before;
  const { object } = shapeObject(kind, clone(merged), true);
  if (owners.size > 0) object.metadata.managedFields = encodeOwners(owners.values());
  return object;
};
