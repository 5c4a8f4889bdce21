/** client-node's kubeconfig alone: imported by name, so that a bundle leaves out the API classes, which are most of it. */
export { KubeConfig } from '@kubernetes/client-node';
