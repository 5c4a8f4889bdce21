/** The container may not be started as it is; the reason is one of the kubelet's. */
export class ContainerRefused extends Error {
  readonly reason: 'ErrImagePull' | 'CreateContainerConfigError';
  constructor(reason: ContainerRefused['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
