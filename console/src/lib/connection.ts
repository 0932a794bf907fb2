// SPDX-License-Identifier: Apache-2.0
// Documents of connections and issuers as forms draw them: members that are there, and none that are empty, so that what
// is left out is as the server has it. Whether a document is right is the server's to say.
import { isRecord } from './result.ts';
import { numberOf } from './written.ts';

export type Document = Readonly<Record<string, unknown>>;
export type Kind = 'mqtt' | 'modbus';

export const TABLES = ['holding', 'input', 'coil', 'discrete'] as const;
export const TYPES = ['uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float32', 'float64', 'bool', 'string'] as const;
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;
const SECRETS = ['password', 'key'] as const;
export type SecretName = (typeof SECRETS)[number];
/** What is done with each secret: a text is written, null takes away what is stored, and what is not named stays. */
export type Secrets = Readonly<Partial<Record<SecretName, string | null>>>;

/** A new one, with what every one of its kind has; where it is stays. */
export function freshConnection(kind: Kind, before: Document = {}): Document {
  const { host, port } = before;
  const where = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) };
  return kind === 'mqtt' ? { type: kind, ...where, topics: [{ filter: '', qos: 1 }] } : { type: kind, ...where, every: '1s', registers: [{ name: '', address: '' }] };
}

/** Text of a member that is a text or a number. */
export const textOf = (document: unknown, name: string): string => {
  const value = isRecord(document) ? document[name] : undefined;
  return value === undefined || value === null || isRecord(value) || Array.isArray(value) ? '' : String(value);
};

/** The document with another value of a member; without it where that is nothing. */
export function withMember(document: Document, name: string, value: unknown): Document {
  const { [name]: _, ...rest } = document;
  return value === undefined || value === '' ? rest : { ...document, [name]: value };
}

/** What was typed where a number belongs: the number, else the text, of which the server says what is wrong. */
export function typedNumber(text: string): unknown {
  const plain = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain) ? numberOf(plain) : plain;
}

export const rowsOf = (document: Document, list: string): Document[] => (Array.isArray(document[list]) ? (document[list] as unknown[]).filter(isRecord) : []);

/** The document with another row in a list of it; without that row for undefined. */
export const withRow = (document: Document, list: string, index: number, row: Document | undefined): Document => {
  const rows = rowsOf(document, list);
  return { ...document, [list]: row ? [...rows.slice(0, index), row, ...rows.slice(index + 1)] : rows.filter((_, i) => i !== index) };
};

export const tlsOf = (document: Document): 'off' | 'machine' | 'own' =>
  isRecord(document['tls']) ? (document['tls']['ca'] === undefined ? 'machine' : 'own') : document['tls'] === true ? 'machine' : 'off';

/** Without TLS no certificate is shown, and none has a key. */
export function withTls(document: Document, kind: string): Document {
  const tls = isRecord(document['tls']) ? document['tls'] : {};
  if (kind === 'off') return withMember(document, 'tls', undefined);
  return { ...document, tls: kind === 'own' ? { ...tls, ca: textOf(tls, 'ca') } : withMember(tls, 'ca', undefined) };
}

export const withTlsMember = (document: Document, name: string, text: string): Document => {
  const tls = isRecord(document['tls']) ? document['tls'] : {};
  return { ...document, tls: name === 'ca' ? { ...tls, ca: text } : withMember(tls, name, text) };
};

/** A type has some members and not others: those of another type go with it. */
export function withType(register: Document, table: string, type: string): Document {
  const hasBits = table === 'coil' || table === 'discrete';
  const own = hasBits ? '' : type;
  const isNumber = !hasBits && own !== 'bool' && own !== 'string';
  let next = withMember(withMember(register, 'table', table === 'holding' ? '' : table), 'type', own);
  if (!isNumber) for (const name of ['scale', 'offset']) next = withMember(next, name, undefined);
  if (hasBits || own === 'bool') next = withMember(next, 'order', undefined);
  if (own !== 'bool' || hasBits) next = withMember(next, 'bit', undefined);
  if (own !== 'string') next = withMember(next, 'length', undefined);
  return table === 'input' || table === 'discrete' ? withMember(next, 'write', undefined) : next;
}

/** Which twin's property is written to a register; nothing where neither is named. */
export function withWriter(register: Document, change: { twin?: string; property?: string }): Document {
  const before = register['write'];
  const next = { twin: textOf(before, 'twin'), property: textOf(before, 'property'), ...change };
  return withMember(register, 'write', next.twin || next.property ? next : undefined);
}

/** Only then there is a key to ask for. */
export const hasCertificate = (document: Document): boolean => tlsOf(document) !== 'off' && textOf(document['tls'], 'certificate') !== '';

/** What is sent: with the secrets that were written or are to go. A key that was typed goes with its certificate: without one
 *  its field is not there any more. */
export function withSecrets(document: Document, secrets: Secrets): Document {
  const isSent = (name: SecretName) => secrets[name] !== undefined && secrets[name] !== '' && (name !== 'key' || secrets.key === null || hasCertificate(document));
  return { ...document, ...Object.fromEntries(SECRETS.filter(isSent).map((name) => [name, secrets[name]])) };
}

/** The member that a place in a document lies in: `registers` of /registers/2/address. */
export const memberAt = (pointer: string | undefined): string => pointer?.split('/')[1] ?? '';
