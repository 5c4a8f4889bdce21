import type { AgentOptions, RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterConfig } from '../../runtime/config.ts';
import { HeadgateError, messageOf } from '../../runtime/errors.ts';
import type { World } from '../../runtime/world.ts';
import { createEksToken } from './eks-token.ts';

/** What a call needs to reach the API server and to be known there. */
export type Access = {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  /** TLS settings (own CA, client certificate). They travel with the Request: Node's fetch obeys them, a stand-in need not. */
  readonly dispatcher?: Dispatcher | undefined;
};

/** Asked before every call, because tokens expire. Made once per sandbox: it keeps tokens and open connections. */
export type Connection = () => Promise<Access>;

type Dispatcher = RequestInit['dispatcher'];
type TlsSettings = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
type ClusterOf<K extends ClusterConfig['kind']> = Extract<ClusterConfig, { readonly kind: K }>;

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The connection that the configuration names. */
export const connect = (world: World, cluster: ClusterConfig): Connection => {
  if (cluster.kind === 'eks') return connectEks(world, cluster);
  if (cluster.kind === 'server') return connectServer(cluster);
  if (cluster.kind === 'in-cluster') return connectInCluster(world);
  const { content, path } = cluster;
  return connectKubeconfig((config) =>
    content === undefined ? config.loadFromFile(path) : config.loadFromString(content),
  );
};

const connectEks = (world: World, cluster: ClusterOf<'eks'>): Connection => {
  const token = createEksToken(world, cluster);
  const dispatcher = createDispatcherKeeper();
  return async () => ({
    server: cluster.server,
    headers: bearer(await token()),
    dispatcher: await dispatcher({ ca: cluster.certificateAuthority }),
  });
};

const connectServer = ({ server, token, certificateAuthority }: ClusterOf<'server'>): Connection => {
  const dispatcher = createDispatcherKeeper();
  return async () => ({
    server,
    headers: token === undefined ? {} : bearer(token),
    dispatcher: certificateAuthority === undefined ? undefined : await dispatcher({ ca: certificateAuthority }),
  });
};

const connectInCluster = ({ env }: World): Connection => {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = env;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const name = 'in-cluster';
  return connectKubeconfig((config) => {
    config.loadFromOptions({
      clusters: [{ name, server, caFile: `${SERVICE_ACCOUNT}/ca.crt` }],
      users: [{ name, authProvider: { name: 'tokenFile', config: { tokenFile: `${SERVICE_ACCOUNT}/token` } } }],
      contexts: [{ name, cluster: name, user: name }],
      currentContext: name,
    });
  });
};

/** Whatever a kubeconfig may hold (tokens, client certificates, exec plugins, OIDC, proxies) is client-node's business. */
const connectKubeconfig = (load: (config: KubeConfig) => void): Connection => {
  let loaded: KubeConfig | undefined;
  const dispatcher = createDispatcherKeeper();
  return async () => {
    try {
      loaded ??= await loadKubeConfig(load);
      const cluster = loaded.getCurrentCluster();
      if (cluster === null) throw new Error('the current context names no cluster');
      const options: Pick<RequestOptions, 'headers' | 'auth'> & AgentOptions = {};
      await loaded.applyToHTTPSOptions(options);
      const settings = loaded.createDispatcherOptions(cluster, options);
      if (settings.type === 'proxy' || settings.type === 'socks') throw new Error('proxy-url is not supported');
      return {
        server: cluster.server,
        headers: headersOf(options),
        dispatcher: settings.type === 'none' ? undefined : await dispatcher(settings.connect),
      };
    } catch (error) {
      throw new HeadgateError('Misconfigured', `kubeconfig: ${messageOf(error)}`, { cause: error });
    }
  };
};

/** Imported late, because it is most of a bundle's start-up time and production on EKS does without. */
const loadKubeConfig = async (load: (config: KubeConfig) => void): Promise<KubeConfig> => {
  const { KubeConfig } = await import('./kube-config.ts');
  const config = new KubeConfig();
  load(config);
  return config;
};

/** KubeConfig's own `applySecurityAuthentication` would open new TLS connections with every call. */
const createDispatcherKeeper = (): ((settings: TlsSettings) => Promise<Dispatcher>) => {
  let kept: { readonly settings: TlsSettings; readonly dispatcher: Dispatcher } | undefined;
  return async (settings) => {
    if (kept === undefined || !isDeepStrictEqual(kept.settings, settings)) {
      const { Agent, Dispatcher1Wrapper } = await import('undici');
      // The wrapper speaks the older interface that the fetch inside Node 24 (undici 7) expects; keep-alive as client-go has it.
      const agent = new Agent({ connect: { keepAlive: true, keepAliveInitialDelay: 30_000, ...settings } });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a class of undici 8, a type of undici 7
      kept = { settings, dispatcher: new Dispatcher1Wrapper(agent) as unknown as Dispatcher };
    }
    return kept.dispatcher;
  };
};

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const headersOf = ({ headers = {}, auth }: Pick<RequestOptions, 'headers' | 'auth'>): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
  ...(typeof auth === 'string' && { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
});
