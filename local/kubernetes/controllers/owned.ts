/** What the workload controllers share: who owns what, and how many. */
import { objectOf, type JsonObject, type KubeObject } from '../object.ts';

export const ownerReferenceTo = (owner: KubeObject): JsonObject => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name ?? '',
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  object.metadata.ownerReferences?.some(({ uid, controller }) => uid === owner.metadata.uid && controller === true) ===
  true;

export const replicasOf = (object: KubeObject): number => Number(objectOf(object['spec'])['replicas'] ?? 1);

export const statusNumber = (object: KubeObject, field: string): number =>
  Number(objectOf(object['status'])[field] ?? 0);

const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten letters that stand for a pod template: the same template, the same letters (FNV-1a, twice). */
export const templateHash = (template: JsonObject): string => {
  let letters = '';
  for (const seed of [0x811c9dc5, 0x01000193]) {
    let hash = seed;
    for (const character of JSON.stringify(template)) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    for (let index = 0; index < 5; index += 1) {
      letters += SAFE.charAt(hash % SAFE.length);
      hash = Math.floor(hash / SAFE.length);
    }
  }
  return letters;
};
