import { kindOf } from '../../clients/kubernetes/kinds.ts';
import type { FieldManager } from '../../model/group.ts';
import type { KubernetesObject } from '../../model/kubernetes-object.ts';
import { HeadgateError } from '../../runtime/errors.ts';
import type { Run } from '../run.ts';

/** `Kind namespace/name`, as outcomes name objects. */
export const nameOf = (object: KubernetesObject): string =>
  `${object.kind} ${object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata.name}`;

/** Reads an object afresh and applies the manager's set on that version. Answers its name when it was changed. */
export const applyWish = async (
  run: Run,
  wish: KubernetesObject,
  manager: FieldManager,
): Promise<readonly string[]> => {
  const kind = kindOf(wish);
  if (kind === undefined) throw new RangeError(`${wish.apiVersion} ${wish.kind} is no kind that Headgate writes`);
  const { name, namespace } = wish.metadata;
  const current = await run.kubernetes.get(kind, { name, ...(namespace === undefined ? {} : { namespace }) });
  // A plan that was made from an object says in which version; any other is made from the request alone.
  const resourceVersion = wish.metadata.resourceVersion ?? current?.metadata.resourceVersion;
  const object = {
    ...wish,
    metadata: { ...wish.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  };
  const applied = await run.kubernetes.apply<KubernetesObject>(object, { manager, current });
  return applied.outcome === 'written' ? [nameOf(wish)] : [];
};

/** What the API server refused or somebody else owns, as a problem to report; any other error passes through. */
export const asProblem = (object: KubernetesObject, error: unknown): string => {
  if (error instanceof HeadgateError && error.retry === 'never') return `${nameOf(object)}: ${error.message}`;
  throw error;
};
