/** A kubeconfig for one bearer token, as JSON (which is YAML too), with the API server's certificate inside. */
export function formatKubeconfig(access: { server: string; certificate: string; user: string; token: string }): string {
  const cluster = {
    server: access.server,
    'certificate-authority-data': Buffer.from(access.certificate).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster }],
    users: [{ name: access.user, user: { token: access.token } }],
    contexts: [{ name: 'cluster', context: { cluster: 'cluster', user: access.user } }],
    'current-context': 'cluster',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
