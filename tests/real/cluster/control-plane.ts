import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiServerAddress, bridge, serviceRange, tokenWebhook } from './network.ts';

/** Folders and files of a cluster on disk. */
export type ClusterFiles = ReturnType<typeof clusterFiles>;

/** Where the parts of a cluster keep their files, under the run's folder. */
export function clusterFiles(folder: string) {
  return {
    folder,
    etcd: join(folder, 'etcd'),
    certificates: join(folder, 'certificates'),
    /** Self-signed by the API server at its first start, so clients trust the certificate itself. */
    caFile: join(folder, 'certificates/apiserver.crt'),
    apiServerKey: join(folder, 'certificates/apiserver.key'),
    serviceAccountKey: join(folder, 'certificates/service-account.key'),
    serviceAccountPublicKey: join(folder, 'certificates/service-account.pub'),
    tokenWebhook: join(folder, 'token-webhook.json'),
    kubeconfigs: join(folder, 'kubeconfigs'),
    logs: join(folder, 'logs'),
    podLogs: join(folder, 'logs/pods'),
    pods: join(folder, 'pods'),
    claims: join(folder, 'claims'),
    agentSettings: join(folder, 'node-agent.json'),
  };
}

/** Makes the folders, the service account key pair and the pointer to the token webhook, all needed before the first start. */
export function writeControlPlaneFiles(files: ClusterFiles): void {
  for (const folder of [files.certificates, files.kubeconfigs, files.podLogs, files.pods, files.claims])
    mkdirSync(folder, { recursive: true });
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(files.serviceAccountKey, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(files.serviceAccountPublicKey, keys.publicKey.export({ type: 'spki', format: 'pem' }));
  const webhook = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'webhook', cluster: { server: `http://${tokenWebhook.host}:${tokenWebhook.port}` } }],
    contexts: [{ name: 'webhook', context: { cluster: 'webhook', user: '' } }],
    'current-context': 'webhook',
  };
  writeFileSync(files.tokenWebhook, JSON.stringify(webhook));
}

/** Arguments of etcd, a single member on loopback. */
export function etcdArguments(files: ClusterFiles): string[] {
  return ['etcd', `--dir=${files.etcd}`, '--listen=http://127.0.0.1:2379'];
}

/**
 * Arguments of the API server. It listens at the ClusterIP of `default/kubernetes` itself, so pods reach it with no address
 * translation; and at no other address, so other Services may have the port 443 too. Pod Security and ValidatingAdmissionPolicy are on by default; NodeRestriction is not.
 */
export function apiServerArguments(files: ClusterFiles): string[] {
  return [
    'kube-apiserver',
    '--etcd-servers=http://127.0.0.1:2379',
    `--cert-dir=${files.certificates}`,
    `--bind-address=${apiServerAddress}`,
    '--secure-port=443',
    `--advertise-address=${bridge.address}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--authentication-token-webhook-config-file=${files.tokenWebhook}`,
    '--authentication-token-webhook-version=v1',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--kubelet-preferred-address-types=InternalIP',
    '--profiling=false',
  ];
}

/** Arguments of the controller manager: each controller acts under its own service account, as in a real cluster. */
export function controllerManagerArguments(files: ClusterFiles, kubeconfig: string): string[] {
  return [
    'kube-controller-manager',
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.caFile}`,
    '--use-service-account-credentials=true',
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--profiling=false',
    // Its own default of 20 requests a second makes 40 controllers take five seconds to start.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    // Quotas on kinds that came after the start are counted at the next sync; the default is five minutes.
    '--resource-quota-sync-period=5s',
  ];
}

/** Arguments of the scheduler. */
export function schedulerArguments(kubeconfig: string): string[] {
  return [
    'kube-scheduler',
    `--kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--profiling=false',
  ];
}
