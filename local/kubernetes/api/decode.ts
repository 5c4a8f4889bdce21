/** From the bytes of a request to an object of its kind: parsed, typed, pruned and defaulted. */
import { parse as parseYaml } from 'yaml';

import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { envelop, isObject, type Json, type JsonObject, type KubeObject, parseJson, textOf } from '../object.ts';
import { goTypeError } from '../schema/go-types.ts';
import { canonicalQuantities, dropAbsent, dropForbiddenNulls, fillStructs, pruneUnknown } from '../schema/prune.ts';
import { badRequest, unsupportedMediaType } from '../status-error.ts';
import type { Call, WriteOptions } from './call.ts';

const JSON_TYPES = ['', 'application/json'];
const YAML_TYPES = ['application/yaml'];
const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The Go parser's complaint for the commonest breakage; others in our own parser's words. */
export const jsonErrorText = (text: string, error: unknown): string =>
  text.trim() === '' ||
  (/end of JSON input|Unterminated|Expected .* at position \d+$/.test(String(error)) && !/[}\]"]\s*$/.test(text))
    ? 'unexpected end of JSON input'
    : String(error instanceof Error ? error.message : error);

const excerpt = (text: string): string =>
  text === '' ? '<empty>' : text.length > 30 ? `${text.slice(0, 30)} ...` : text;

/** Parses a body as JSON, or as YAML where that was announced. */
const parsed = (call: Call): Json => {
  const { body, contentType, kind } = call;
  if (![...JSON_TYPES, ...YAML_TYPES].includes(contentType)) throw unsupportedMediaType(BODY_TYPES);
  const unrecognized = `the object provided is unrecognized (must be of type ${kind.kind})`;
  try {
    return YAML_TYPES.includes(contentType) ? parsedYaml(body) : parseJson(body);
  } catch (error) {
    throw badRequest(
      `${unrecognized}: couldn't get version/kind; json parse error: ${jsonErrorText(body, error)} (${excerpt(body)})`,
    );
  }
};

const parsedYaml = (text: string): Json => {
  const value: unknown = parseYaml(text);
  // A YAML document of the API holds what JSON holds.
  return parseJson(JSON.stringify(value ?? null));
};

const assertKind = (kind: Kind, object: JsonObject, body: string): void => {
  const expected = apiVersionOf(kind);
  if (kind.isCustom) {
    for (const field of ['Kind', 'apiVersion']) {
      if (object[field.charAt(0).toLowerCase() + field.slice(1)] !== undefined) continue;
      throw badRequest(
        `the object provided is unrecognized (must be of type ${kind.kind}): Object '${field}' is missing in '${body}' (${excerpt(body)})`,
      );
    }
    if (object['apiVersion'] !== expected) {
      throw badRequest(
        `the API version in the data (${textOf(object['apiVersion'])}) does not match the expected API version (${expected})`,
      );
    }
    return;
  }
  const given = textOf(object['kind'] ?? kind.kind);
  const apiVersion = textOf(object['apiVersion'] ?? expected);
  if (given === kind.kind && apiVersion === expected) return;
  const version = apiVersion.split('/').at(-1);
  const why =
    apiVersion === expected
      ? `converting (${version}.${given}) to (${kind.kind}): unknown conversion`
      : `no kind "${given}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  throw badRequest(`${given} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${why}`);
};

/** What strict decoding has to say of an object, and of what type errors. */
export type Decoded = {
  readonly object: KubeObject;
  readonly unknownFields: readonly string[];
  readonly typeError?: string;
};

/**
 * Makes an object of a kind out of JSON, in place: envelope set, unknown fields dropped, meaningless nulls dropped,
 * defaults filled in. What was applied keeps its nulls in a custom object, and validation may mind them.
 */
export const shapeObject = (kind: Kind, value: JsonObject, isApplied = false): Decoded => {
  // A custom object may say another kind; its own validation tells.
  const kindName = kind.isCustom ? textOf(value['kind'] ?? kind.kind) : kind.kind;
  const shaped = envelop(value, apiVersionOf(kind), kindName);
  const typeError = goTypeError(kind.isCustom ? metadataOnly(kind) : kind.schema, shaped, kind.kind);
  if (typeError !== undefined) return { object: shaped, unknownFields: [], typeError };
  const unknownFields = pruneUnknown(kind.schema, shaped, kind.isCustom);
  if (kind.isCustom) {
    unknownFields.unshift(...pruneUnknown(metadataOnly(kind), { metadata: shaped.metadata }, false));
    dropAbsent(metadataOnly(kind), { metadata: shaped.metadata });
    if (!isApplied) dropForbiddenNulls(kind.schema, shaped);
  } else {
    dropAbsent(kind.schema, shaped);
    fillStructs(kind.schema, shaped);
    const wrong = canonicalQuantities(kind.schema, shaped);
    if (wrong !== undefined)
      return {
        object: shaped,
        unknownFields,
        typeError: `${NO_QUANTITY} '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
      };
  }
  kind.applyDefaults?.(shaped);
  return { object: shaped, unknownFields };
};

const NO_QUANTITY = 'quantities must match the regular expression';

/** Metadata is a Go struct in custom objects too. */
const metadataOnly = (kind: Kind): Kind['schema'] => {
  const metadata = kind.schema.properties?.['metadata'];
  return { type: 'object', properties: metadata === undefined ? {} : { metadata } };
};

export const strictText = (unknownFields: readonly string[]): string =>
  `strict decoding error: ${unknownFields.map((field) => `unknown field "${field}"`).join(', ')}`;

/** Reads the object of a create or update. @throws StatusError 400 or 415 */
export const decodeBody = (call: Call, options: WriteOptions): KubeObject => {
  const { kind } = call;
  const value = parsed(call);
  if (!isObject(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  assertKind(kind, value, call.body);
  const { object, unknownFields, typeError } = shapeObject(kind, value);
  const cannot = `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}`;
  if (typeError !== undefined) throw badRequest(`${cannot}: ${typeError}`);
  if (unknownFields.length > 0 && options.fieldValidation === 'Strict') {
    throw badRequest(`${cannot}: ${strictText(unknownFields)}`);
  }
  if (options.fieldValidation === 'Warn') {
    call.warnings.push(...unknownFields.map((field) => `unknown field "${field}"`));
  }
  return object;
};
