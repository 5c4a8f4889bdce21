/** Rules of names and labels, in the words of k8s.io/apimachinery/pkg/util/validation. */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const tooLong = (max: number): string => `must be no more than ${max} bytes`;

export const dnsSubdomain = (name: string): string[] => [
  ...(name.length > 253 ? [tooLong(253)] : []),
  ...(SUBDOMAIN.test(name)
    ? []
    : [
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ]),
];

export const dnsLabel = (name: string): string[] => [
  ...(name.length > 63 ? [tooLong(63)] : []),
  ...(LABEL.test(name) ? [] : [name.includes('.') ? 'must not contain dots' : LABEL_RULE]),
];

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

export const dns1035Label = (name: string): string[] => [
  ...(name.length > 63 ? [tooLong(63)] : []),
  ...(LABEL_1035.test(name)
    ? []
    : [
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ]),
];

/** Names that only need to be usable in a path (RBAC objects). */
export const pathSegment = (name: string): string[] => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
};

export const qualifiedName = (name: string): string[] => {
  const parts = name.split('/');
  const last = parts.at(-1) ?? '';
  if (parts.length > 2)
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  const errors = parts.length === 2 ? dnsSubdomain(parts[0] ?? '').map((text) => `prefix part ${text}`) : [];
  if (last === '') return [...errors, 'name part must be non-empty'];
  if (last.length > 63) errors.push(`name part ${tooLong(63)}`);
  if (!QUALIFIED.test(last)) {
    errors.push(
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    );
  }
  return errors;
};

export const labelValue = (value: string): string[] => [
  ...(value.length > 63 ? [tooLong(63)] : []),
  ...(value === '' || QUALIFIED.test(value)
    ? []
    : [
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ]),
];
