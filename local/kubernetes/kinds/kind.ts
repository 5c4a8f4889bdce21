import type { KubeObject } from '../object.ts';
import { BUILTIN_SCHEMAS, builtinSchemaName, type Schema } from '../schema/schema.ts';
import type { FieldError, GroupResource } from '../status-error.ts';
import { groupOf } from '../object.ts';

/** Where a kind keeps its replicas: dotted paths, as a CRD's scale subresource names them. */
export type ScalePaths = {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  /** A label selector as text (custom kinds), or an object to be rendered as text (built-in kinds). */
  readonly selector?: string;
};

/** A column of `kubectl get`; `jsonPath` as a CRD writes it, or a function of the object for built-in kinds. */
export type Column = {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly cell: (object: KubeObject, now: number) => string | number | boolean | null;
};

/** One kind as it is served: its names, its schema and how its objects behave. */
export type Kind = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  /** Defined by a CRD: pruned and validated by its schema, and listed with kind and apiVersion in every item. */
  readonly isCustom: boolean;
  readonly schema: Schema;
  readonly verbs: readonly string[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  /** What raises metadata.generation: nothing, a change of spec, of annotations too, or any change outside metadata. */
  readonly generation: 'never' | 'spec' | 'spec and annotations' | 'content';
  /** Whether an update may come without a resourceVersion. */
  readonly allowsUnconditionalUpdate: boolean;
  /** Whether PUT on a name that does not exist creates it. */
  readonly allowsCreateOnUpdate: boolean;
  /** Dotted paths for field selectors, besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
  /** Fills in what a client may leave out; in place, whenever an object is decoded. */
  readonly applyDefaults?: (object: KubeObject) => void;
  /** Sets what a new object starts with; in place. */
  readonly prepareForCreate?: (object: KubeObject) => void;
  /** Restores what an update may not change; in place. */
  readonly prepareForUpdate?: (next: KubeObject, live: KubeObject) => void;
  /** Every violated rule; `live` when it is an update, and through which subresource it came. */
  readonly validate?: (object: KubeObject, live: KubeObject | undefined, subresource: string) => FieldError[];
  /** Checks metadata.name; DNS subdomain when absent. */
  readonly nameRule?: (name: string) => string[];
  /** Seconds between a delete request and the end of the object; zero or undefined: at once. */
  readonly graceSeconds?: (object: KubeObject) => number;
  readonly columns?: readonly Column[];
  /** For a kind that is a second face of another group's kind of the same plural: how it is kept. */
  readonly stored?: {
    readonly group: string;
    readonly encode: (object: KubeObject) => KubeObject;
    readonly decode: (object: KubeObject) => KubeObject;
  };
};

export const apiVersionOf = (kind: Pick<Kind, 'group' | 'version'>): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;

/** Where the store keeps objects of the kind: all versions together. */
export const collectionOf = (kind: Pick<Kind, 'group' | 'plural' | 'stored'>): string =>
  `${kind.stored?.group ?? kind.group}/${kind.plural}`;

export const resourceOf = (kind: Pick<Kind, 'group' | 'plural'>): GroupResource => ({
  group: kind.group,
  resource: kind.plural,
});

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

export type BuiltinKind = Partial<Omit<Kind, 'isCustom' | 'schema'>> & { readonly plural: string };

/** A built-in kind: what it does not say is as with most of them. */
export const builtinKind = (apiVersion: string, name: string, of: BuiltinKind): Kind => {
  const schema = BUILTIN_SCHEMAS[builtinSchemaName(apiVersion, name)] ?? {};
  return {
    group: groupOf(apiVersion),
    version: apiVersion.split('/').at(-1) ?? '',
    kind: name,
    singular: name.toLowerCase(),
    listKind: `${name}List`,
    shortNames: [],
    categories: [],
    isNamespaced: true,
    isCustom: false,
    schema,
    verbs: ALL_VERBS,
    hasStatus: schema.properties?.['status'] !== undefined,
    generation: 'never',
    allowsUnconditionalUpdate: true,
    allowsCreateOnUpdate: false,
    selectableFields: [],
    ...of,
  };
};
