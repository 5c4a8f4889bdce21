/** Images by the grammar of distribution's `reference`, under their full names. */

const REPOSITORY =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const TAG_AND_DIGEST = /(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>[a-z0-9]+:[a-f0-9]{32,128}))?$/;

/** Docker's rule: the first part is a registry if it looks like a host; `flink` is `docker.io/library/flink`. */
const withRegistry = (repository: string): string => {
  const [first = '', ...rest] = repository.split('/');
  if (rest.length === 0) return `docker.io/library/${first}`;
  return first.includes('.') || first.includes(':') || first === 'localhost' ? repository : `docker.io/${repository}`;
};

/** A prefix in full: a bare host is a registry, what ends in `/` a place in one, anything else a repository. */
const fullPrefix = (prefix: string): string => {
  const bare = prefix.replace(/\/+$/, '');
  if (!bare.includes('/') && /[.:]/.test(bare)) return bare;
  return prefix.endsWith('/') && !bare.includes('/') ? `docker.io/${bare}` : withRegistry(bare);
};

/** What is wrong with an image under a list of allowed prefixes (empty: any), or undefined. */
export const imageProblem = (image: string, registries: readonly string[]): string | undefined => {
  const suffix = TAG_AND_DIGEST.exec(image)?.[0] ?? '';
  const repository = image.slice(0, image.length - suffix.length);
  if (!REPOSITORY.test(repository)) return 'is no image reference';
  if (registries.length === 0) return undefined;
  const full = withRegistry(repository);
  const allowed = registries.map(fullPrefix).some((prefix) => full === prefix || full.startsWith(`${prefix}/`));
  return allowed ? undefined : `image ${full} is outside the allowed registries (${registries.join(', ')})`;
};
