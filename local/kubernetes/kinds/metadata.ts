import { equal, type KubeObject, type ObjectMeta } from '../object.ts';
import { forbiddenField, invalidValue, required, type FieldError } from '../status-error.ts';
import type { Kind } from './kind.ts';
import { dnsSubdomain, labelValue, qualifiedName } from './names.ts';

const nameErrors = (kind: Kind, metadata: ObjectMeta): FieldError[] => {
  const errors: FieldError[] = [];
  const rule = kind.nameRule ?? dnsSubdomain;
  if (metadata.name === undefined || metadata.name === '') {
    errors.push(required('metadata.name', 'name or generateName is required'));
  } else {
    errors.push(...rule(metadata.name).map((text) => invalidValue('metadata.name', metadata.name, text)));
  }
  return errors;
};

const labelErrors = (labels: Readonly<Record<string, string>> | undefined): FieldError[] =>
  Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map((text) => invalidValue('metadata.labels', key, text)),
    ...labelValue(value).map((text) => invalidValue('metadata.labels', value, text)),
  ]);

const ownerErrors = (metadata: ObjectMeta): FieldError[] => {
  const path = 'metadata.ownerReferences';
  const owners = metadata.ownerReferences ?? [];
  const errors = owners.flatMap((owner, index) => [
    ...(owner.apiVersion === undefined || owner.apiVersion === ''
      ? [invalidValue(`${path}[${index}].apiVersion`, owner.apiVersion ?? '', 'version must not be empty')]
      : []),
    ...(owner.kind === undefined || owner.kind === ''
      ? [invalidValue(`${path}[${index}].kind`, '', 'must not be empty')]
      : []),
    ...(owner.name === undefined || owner.name === ''
      ? [invalidValue(`${path}[${index}].name`, '', 'must not be empty')]
      : []),
    ...(owner.uid === undefined || owner.uid === ''
      ? [invalidValue(`${path}[${index}].uid`, '', 'must not be empty')]
      : []),
  ]);
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const [first, second] = controllers;
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind}/${first?.name} and ${second?.kind}/${second?.name}`;
    errors.push(invalidValue(path, owners, text));
  }
  return errors;
};

const annotationErrors = (metadata: ObjectMeta): FieldError[] => {
  const annotations = Object.entries(metadata.annotations ?? {});
  const size = annotations.reduce((total, [key, value]) => total + key.length + value.length, 0);
  return [
    ...annotations.flatMap(([key]) =>
      qualifiedName(key.toLowerCase()).map((text) => invalidValue('metadata.annotations', key, text)),
    ),
    ...(size > 262_144
      ? [
          {
            reason: 'FieldValueTooLong' as const,
            field: 'metadata.annotations',
            message: 'Too long: may not be more than 262144 bytes',
          },
        ]
      : []),
  ];
};

/** What is wrong with the metadata of any object. */
export const metadataErrors = (kind: Kind, object: KubeObject): FieldError[] => {
  const { metadata } = object;
  return [
    ...nameErrors(kind, metadata),
    ...labelErrors(metadata.labels),
    ...annotationErrors(metadata),
    ...ownerErrors(metadata),
    ...(metadata.finalizers ?? []).flatMap((finalizer) =>
      qualifiedName(finalizer).map((text) => invalidValue('metadata.finalizers', finalizer, text)),
    ),
  ];
};

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What an update does to the metadata that it may not. */
export const metadataUpdateErrors = (next: KubeObject, live: KubeObject): FieldError[] => {
  const errors = IMMUTABLE.filter((field) => !equal(next.metadata[field], live.metadata[field])).map((field) =>
    invalidValue(`metadata.${field}`, next.metadata[field] ?? null, 'field is immutable'),
  );
  const had = live.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !had.includes(finalizer));
  if (live.metadata.deletionTimestamp !== undefined && added.length > 0) {
    const list = JSON.stringify(added).replaceAll(',', ', ');
    errors.push(
      forbiddenField(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.slice(1, -1)}}`,
      ),
    );
  }
  return errors;
};
