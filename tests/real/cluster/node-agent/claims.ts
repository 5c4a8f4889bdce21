import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Api, ApiError, ifFound } from './api.ts';
import { listWatch } from './list-watch.ts';
import { log } from './log.ts';
import type { PersistentVolume, PersistentVolumeClaim } from './objects.ts';

const provisioner = 'headgate.dev/local-folder';
const provisionedBy = 'pv.kubernetes.io/provisioned-by';

/** The storage class whose claims are folders: every pod of every node can mount them, for reading and writing. */
export const storageClassName = 'local-folder';

/** Creates the storage class, makes a folder and a PersistentVolume for each claim, and removes both when the claim is gone. */
export async function provisionClaims(api: Api, claimsFolder: string): Promise<void> {
  const defaultClass = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  await api
    .create('/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: storageClassName, annotations: defaultClass },
      provisioner,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    })
    .catch(ignoreConflict);
  const onClaim = (claim: PersistentVolumeClaim, change: 'present' | 'gone') => {
    if (change === 'gone' || claim.spec.storageClassName !== storageClassName || claim.spec.volumeName) return;
    createVolume(api, claim, claimsFolder).catch((error: unknown) => log('claim', claim.metadata.name, error));
  };
  const onVolume = (volume: PersistentVolume, change: 'present' | 'gone') => {
    if (change === 'gone' || volume.metadata.annotations?.[provisionedBy] !== provisioner) return;
    if (volume.status?.phase !== 'Released') return;
    removeVolume(api, volume).catch((error: unknown) => log('volume', volume.metadata.name, error));
  };
  void listWatch<PersistentVolumeClaim>(api, '/api/v1/persistentvolumeclaims', {}, onClaim);
  void listWatch<PersistentVolume>(api, '/api/v1/persistentvolumes', {}, onVolume);
}

/** The volume names its claim, so the control plane's volume controller binds the two and no others. */
async function createVolume(api: Api, claim: PersistentVolumeClaim, claimsFolder: string): Promise<void> {
  const { namespace = '', name, uid } = claim.metadata;
  // The uid keeps a claim that was deleted and made again apart from its first life.
  const path = join(claimsFolder, namespace, `${name}-${uid}`);
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o777);
  const volume = {
    metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: provisioner } },
    spec: {
      storageClassName,
      capacity: { storage: claim.spec.resources.requests?.['storage'] },
      accessModes: claim.spec.accessModes,
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      hostPath: { path },
    },
  };
  await api.create('/api/v1/persistentvolumes', volume).catch(ignoreConflict);
}

async function removeVolume(api: Api, volume: PersistentVolume): Promise<void> {
  if (volume.spec.hostPath) rmSync(volume.spec.hostPath.path, { recursive: true, force: true });
  await ifFound(api.remove(`/api/v1/persistentvolumes/${volume.metadata.name}`));
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 409)) throw error;
}
