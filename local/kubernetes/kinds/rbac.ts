import { equal, isObject, listOf, objectOf, stringOf, type JsonObject, type KubeObject } from '../object.ts';
import { invalidValue, required, unsupportedValue, type FieldError } from '../status-error.ts';
import { builtinKind, type Kind } from './kind.ts';
import { pathSegment } from './names.ts';
import { fill } from './pod-spec.ts';

const GROUP = 'rbac.authorization.k8s.io';

const fillBinding = (binding: KubeObject): void => {
  if (isObject(binding['roleRef'])) fill(binding['roleRef'], 'apiGroup', GROUP);
  for (const subject of listOf(binding['subjects']).map(objectOf)) {
    if (subject['kind'] !== 'ServiceAccount') fill(subject, 'apiGroup', GROUP);
  }
};

/** Roles always show their rules, if only as null. */
const fillRole = (role: KubeObject): void => {
  if (role['rules'] === undefined) role['rules'] = null;
};

const ruleErrors = (role: KubeObject): FieldError[] =>
  listOf(role['rules']).flatMap((rule, index) => {
    const { verbs, apiGroups, resources, nonResourceURLs } = objectOf(rule);
    const path = `rules[${index}]`;
    const errors: FieldError[] = [];
    if (listOf(verbs).length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
    if (listOf(nonResourceURLs).length > 0) return errors;
    if (listOf(apiGroups).length === 0) {
      errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (listOf(resources).length === 0) {
      errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
    }
    return errors;
  });

const subjectErrors = (subject: JsonObject, path: string, inNamespace: boolean): FieldError[] => {
  const errors: FieldError[] = [];
  if (stringOf(subject['name']) === '') errors.push(required(`${path}.name`));
  if (!['User', 'Group', 'ServiceAccount'].includes(stringOf(subject['kind']))) {
    errors.push(unsupportedValue(`${path}.kind`, subject['kind'] ?? '', ['Group', 'ServiceAccount', 'User']));
  }
  if (subject['kind'] === 'ServiceAccount' && !inNamespace && stringOf(subject['namespace']) === '') {
    errors.push(required(`${path}.namespace`));
  }
  return errors;
};

const bindingErrors =
  (roleKinds: readonly string[], inNamespace: boolean) =>
  (binding: KubeObject, live: KubeObject | undefined): FieldError[] => {
    const role = objectOf(binding['roleRef']);
    const errors: FieldError[] = [];
    if (!roleKinds.includes(stringOf(role['kind']))) {
      errors.push(unsupportedValue('roleRef.kind', role['kind'] ?? '', roleKinds));
    }
    if (stringOf(role['name']) === '') errors.push(required('roleRef.name'));
    for (const [index, subject] of listOf(binding['subjects']).entries()) {
      errors.push(...subjectErrors(objectOf(subject), `subjects[${index}]`, inNamespace));
    }
    if (live !== undefined && !equal(live['roleRef'], binding['roleRef'])) {
      errors.push(invalidValue('roleRef', role, 'cannot change roleRef'));
    }
    return errors;
  };

const named = (plural: string, isNamespaced: boolean) => ({
  plural,
  isNamespaced,
  nameRule: pathSegment,
  allowsCreateOnUpdate: true,
});

export const RBAC_KINDS: readonly Kind[] = [
  builtinKind(`${GROUP}/v1`, 'ClusterRole', {
    ...named('clusterroles', false),
    applyDefaults: fillRole,
    validate: ruleErrors,
  }),
  builtinKind(`${GROUP}/v1`, 'ClusterRoleBinding', {
    ...named('clusterrolebindings', false),
    applyDefaults: fillBinding,
    validate: bindingErrors(['ClusterRole'], false),
  }),
  builtinKind(`${GROUP}/v1`, 'Role', { ...named('roles', true), applyDefaults: fillRole, validate: ruleErrors }),
  builtinKind(`${GROUP}/v1`, 'RoleBinding', {
    ...named('rolebindings', true),
    applyDefaults: fillBinding,
    validate: bindingErrors(['ClusterRole', 'Role'], true),
  }),
];
